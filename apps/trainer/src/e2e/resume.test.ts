/** A run that was killed or stopped at any moment, and resumed, ends with the same bits as one that was not. */

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "@kronograd/tensor";
import { decodeCheckpoint } from "@kronograd/train";
import { afterAll, describe, expect, it } from "vitest";
import { commandLine, kronograd, onlyFolder, snapshot, start, temporaryFolder } from "./command.ts";

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder.path, ...names);
afterAll(() => folder[Symbol.dispose]());

const tick = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The last checkpoint of a run: tensors as bits, everything else as it is, but for the seconds. */
function lastState(run: string): unknown {
  const name = readFileSync(join(run, "checkpoints", "last"), "utf8").trim();
  const plain = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(plain);
    if ("storage" in value) {
      const t = value as Tensor;
      const { buffer, byteOffset, byteLength } = t.dataSync();
      return { shape: t.shape, bits: Buffer.from(buffer, byteOffset, byteLength).toString("base64") };
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === "seconds" ? 0 : plain(item)]));
  };
  return { name, tree: plain(decodeCheckpoint(readFileSync(join(run, "checkpoints", name)))) };
}

/** Events of a run without times, and without what module loaders say of backends that are not installed. */
function lastEvents(run: string): unknown[] {
  const lines = readFileSync(join(run, "events.jsonl"), "utf8").trimEnd().split("\n");
  return lines.flatMap((line) => {
    const event = JSON.parse(line);
    return ["phase", "checkpoint"].includes(event.type) ? [] : [{ ...event, seconds: 0, why: null }];
  });
}

const every = 20; // steps from one line of progress to the next
const small = ["--data", "moons", "--model", "mlp:12", "--batch", "16", "--evaluate-every", String(every)];

/** Kill a command again and again, at random moments of each part of its steps; each time it is resumed. */
async function killed(argv: string[], out: string, steps: number, times: number): Promise<string> {
  let command = [...commandLine, ...argv, "--steps", String(steps), "--out", out];
  for (let kill = 0; kill < times; kill++) {
    const { child, finished, says } = start(command, folder.path);
    const place = (kill + Math.random()) / (times + 1); // of the run: never in its last part, so that it does not end before
    await says(`${every * Math.ceil((place * steps) / every)}/${steps}`);
    await tick(30 * Math.random());
    child.kill("SIGKILL");
    expect(await finished).toMatchObject({ signal: "SIGKILL" });
    command = [...commandLine, "resume", onlyFolder(out)];
  }
  return onlyFolder(out);
}

describe("a run that is killed", () => {
  it.each(["kfac", "skfac"])(
    "with %s resumes to the same bits",
    async (optimizer) => {
      const argv = ["train", ...small, "--optimizer", optimizer, "--checkpoint-every", "9"];
      expect((await kronograd(...argv, "--steps", "600", "--out", at(`whole-${optimizer}`))).code).toBe(0);
      const run = await killed(argv, at(`killed-${optimizer}`), 600, 3);
      const end = await kronograd("resume", run);
      expect(end.code).toBe(0);
      const whole = onlyFolder(at(`whole-${optimizer}`));
      expect(lastState(run)).toEqual(lastState(whole));
      expect(lastEvents(run)).toEqual(lastEvents(whole));
      expect(readdirSync(join(run, "checkpoints")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    },
    120_000,
  );

  it("in a race resumes all rivals, those that had not begun too", async () => {
    const argv = ["race", ...small, "--optimizer", "sgd,skfac", "--checkpoint-every", "30", "--no-report"];
    expect((await kronograd(...argv, "--steps", "300", "--out", at("whole-race"))).code).toBe(0);
    const race = await killed(argv, at("killed-race"), 300, 2);
    expect((await kronograd("resume", race)).code).toBe(0);
    for (const rival of ["sgd-s0", "skfac-s0"]) {
      expect(lastState(join(race, rival))).toEqual(lastState(join(onlyFolder(at("whole-race")), rival)));
    }
  }, 120_000);

  it("before its first checkpoint starts again", async () => {
    const argv = ["train", ...small, "--steps", "20"];
    expect((await kronograd(...argv, "--out", at("early"))).code).toBe(0);
    const run = onlyFolder(at("early"));
    const whole = lastState(run);
    rmSync(join(run, "checkpoints"), { recursive: true });
    writeFileSync(join(run, "events.jsonl"), '{"type":"pl');
    expect((await kronograd("resume", run)).code).toBe(0);
    expect(lastState(run)).toEqual(whole);
  });
});

describe("a run that is stopped", () => {
  it("by Ctrl-C finishes its step, saves, says how to go on, and ends with 130; then resumes to the same bits", async () => {
    const argv = ["train", ...small, "--optimizer", "adam", "--steps", "800"];
    const { child, finished, says } = start([...commandLine, ...argv, "--out", at("stopped")], folder.path);
    await says(" 40/");
    child.kill("SIGINT");
    const end = await finished;
    expect(end.code).toBe(130);
    const run = onlyFolder(at("stopped"));
    expect(end.stderr).toContain(`resume ${run}`);
    expect(existsSync(join(run, "metrics.csv"))).toBe(true);
    expect((await kronograd("resume", run)).code).toBe(0);
    expect((await kronograd(...argv, "--out", at("unstopped"))).code).toBe(0);
    expect(lastState(run)).toEqual(lastState(onlyFolder(at("unstopped"))));
  }, 60_000);

  it("by Ctrl-C twice stops at once, with 130", async () => {
    // One step takes seconds: the second signal does not wait for it.
    const argv = ["train", "--data", "moons", "--model", "mlp:1500,1500", "--batch", "800", "--steps", "50"];
    const { child, finished, says } = start(
      [...commandLine, ...argv, "--optimizer", "sgd", "--out", at("twice")],
      folder.path,
    );
    await says("eval");
    child.kill("SIGINT");
    await tick(50);
    child.kill("SIGINT");
    expect((await finished).code).toBe(130);
  }, 60_000);

  it("at its end says so, and stays as it is", async () => {
    expect((await kronograd("train", ...small, "--steps", "10", "--out", at("done"))).code).toBe(0);
    const run = onlyFolder(at("done"));
    const before = snapshot(run);
    const end = await kronograd("resume", run);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain(`${run} is finished: 10 steps`);
    expect(snapshot(run)).toEqual(before);
  });
});

describe.skipIf(!existsSync("/dev/full") || !existsSync("/bin/sh"))("a full disk", () => {
  it("ends the run with CheckpointError, 3; what was written before is as it was, and the run can be resumed", async () => {
    const argv = [
      "train",
      ...small,
      "--optimizer",
      "adam",
      "--steps",
      "60",
      "--checkpoint-every",
      "7",
      "--keep",
      "last:2",
    ];
    expect((await kronograd(...argv, "--out", at("roomy"))).code).toBe(0);
    const run = onlyFolder(at("roomy"));
    const whole = lastState(run);
    // Go back to step 56, the last but one, and let what the writer of step 60 opens be a device without room.
    const script = `ln -s /dev/full "$0/checkpoints/step-000060.safetensors.$$.tmp"; exec "$@"`;
    const before = snapshot(join(run, "checkpoints"));
    const command = ["/bin/sh", "-c", script, run, ...commandLine, "resume", run, "--from", "56"];
    const end = await start(command, folder.path).finished;
    expect(end.code).toBe(3);
    expect(end.stderr).toMatch(/CheckpointError: .*step-000060\.safetensors: the disk is full/);
    expect(snapshot(join(run, "checkpoints"))).toEqual(before);
    expect((await kronograd("resume", run, "--from", "56")).code).toBe(0);
    expect(lastState(run)).toEqual(whole);
  }, 60_000);
});

describe("a run whose options were changed", () => {
  it("is refused with 3, naming them, and goes on with --allow-changes, which is written down", async () => {
    const argv = [
      "train",
      ...small,
      "--optimizer",
      "adam",
      "--steps",
      "20",
      "--checkpoint-every",
      "10",
      "--keep",
      "last:2",
    ];
    expect((await kronograd(...argv, "--out", at("changed"))).code).toBe(0);
    const run = onlyFolder(at("changed"));
    const record = JSON.parse(readFileSync(join(run, "run.json"), "utf8"));
    record.options.momentum = 0.5;
    writeFileSync(join(run, "run.json"), JSON.stringify(record));
    const before = snapshot(run);
    const refused = await kronograd("resume", run, "--from", "10");
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain("belongs to a run with another optimizer.momentum (expected 0.5, got 0.9)");
    expect(refused.stderr).toContain("--allow-changes");
    expect(snapshot(run)).toEqual(before);
    expect((await kronograd("resume", run, "--from", "10", "--allow-changes")).code).toBe(0);
    const notices = lastEvents(run).filter((event) => (event as { type: string }).type === "notice");
    expect(notices).toMatchObject([{ level: "warn", text: "resumed with changes: optimizer.momentum: 0.9 → 0.5" }]);
  });
});
