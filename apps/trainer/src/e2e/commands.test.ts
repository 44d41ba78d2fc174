/** Each command from its command line to what it leaves behind. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RunFolder } from "@kronograd/train/node";
import { createDevice } from "kronograd";
import { afterAll, describe, expect, it } from "vitest";
import { kronograd, onlyFolder, snapshot, temporaryFolder } from "./command.ts";

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder.path, ...names);
afterAll(() => folder[Symbol.dispose]());

const small = ["--data", "moons", "--model", "mlp:8", "--batch", "16", "--steps", "20"];
const json = (file: string) => JSON.parse(readFileSync(file, "utf8"));

describe("kronograd", () => {
  it("alone shows five examples", async () => {
    const { code, stdout } = await kronograd();
    expect(code).toBe(0);
    expect(stdout.split("\n").filter((line) => line.startsWith("  kronograd "))).toHaveLength(5);
  });

  it("--help tells every command", async () => {
    const { stdout } = await kronograd("--help");
    for (const name of ["train", "race", "resume", "report", "inspect", "list", "tune"])
      expect(stdout).toContain(`kronograd ${name}`);
  });
});

describe("kronograd train", () => {
  it("leaves a folder that describes itself, results on stdout and progress on stderr", async () => {
    const end = await kronograd("train", ...small, "--optimizer", "kfac", "--out", at("train"));
    expect(end.code).toBe(0);
    const run = onlyFolder(at("train"));
    expect(readdirSync(run).sort()).toEqual(["checkpoints", "events.jsonl", "metrics.csv", "run.json"]);
    expect(end.stdout).toContain(`folder: ${run}`);
    expect(end.stdout).toContain(`train --config ${join(run, "run.json")}`);
    expect(end.stderr).toContain("plan of kfac");
    expect(end.stderr).toMatch(/kfac {2}step 20\/20 {2}loss/);
    expect(json(join(run, "run.json"))).toMatchObject({
      optimizer: "kfac",
      data: "moons",
      steps: 20,
      backend: (await createDevice("auto")).kind, // a card, where there is one
      seed: 0,
    });
    const events = RunFolder.open(run).events();
    expect(events.filter(({ type }) => type === "step")).toHaveLength(20);
  });

  it("repeats a run from its run.json to the same numbers", async () => {
    const [first] = [onlyFolder(at("train"))];
    await kronograd("train", "--config", join(first, "run.json"), "--out", at("again"));
    const again = onlyFolder(at("again"));
    const losses = (run: string) =>
      RunFolder.open(run)
        .events()
        .flatMap((event) => (event.type === "step" ? [event.loss] : []));
    expect(losses(again)).toEqual(losses(first));
    const { started: _, command: __, deviceChoice: ___, ...config } = json(join(first, "run.json"));
    expect(json(join(again, "run.json"))).toMatchObject(config);
  });

  it("with --render json gives events and the result, one a line, on stdout", async () => {
    const end = await kronograd("train", ...small, "--out", at("json"), "--render", "json");
    const events = end.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events[0].type).toBe("plan");
    expect(events.at(-1)).toMatchObject({ type: "result", measure: "accuracy", steps: 20 });
  });

  it("with --render none says nothing but the result", async () => {
    const end = await kronograd("train", ...small, "--out", at("none"), "--render", "none");
    expect(end.stderr).toBe("");
    expect(end.stdout).toContain("test accuracy");
  });

  it("ends when it has reached what it was to run until", async () => {
    const end = await kronograd("train", ...small, "--out", at("until"), "--until", "eval.loss<100");
    expect(end.code).toBe(0);
    const events = RunFolder.open(onlyFolder(at("until"))).events();
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "done", step: 0 });
  });

  it("predicts numbers of a CSV file", async () => {
    writeFileSync(at("line.csv"), `x,y\n${Array.from({ length: 40 }, (_, i) => `${i},${2 * i + 1}`).join("\n")}\n`);
    const flags = [
      "--data",
      at("line.csv"),
      "--task",
      "regression",
      "--model",
      "mlp:4",
      "--batch",
      "8",
      "--steps",
      "10",
    ];
    const end = await kronograd("train", ...flags, "--optimizer", "adam", "--out", at("line"));
    expect(end.code).toBe(0);
    expect(end.stdout).toContain("test loss");
  });
});

describe("kronograd race", () => {
  it("gives all rivals the same start and batches, and writes race.json and a report", async () => {
    const end = await kronograd(
      "race",
      ...small,
      "--optimizer",
      "sgd,slow=kfac",
      "--set",
      "rivals.slow.damping=0.5",
      "--seeds",
      "2",
      "--out",
      at("race"),
    );
    expect(end.code).toBe(0);
    const race = onlyFolder(at("race"));
    expect(readdirSync(race).sort()).toEqual(["race.json", "report.html", "sgd-s0", "sgd-s1", "slow-s0", "slow-s1"]);
    expect(json(join(race, "race.json"))).toMatchObject({
      optimizer: "sgd,slow=kfac",
      rivals: { slow: { damping: 0.5 } },
      seeds: 2,
    });
    const config = (run: string) => json(join(race, run, "run.json"));
    expect(config("slow-s0")).toMatchObject({ rival: "slow", optimizer: "slow=kfac", options: { damping: 0.5 } });
    expect(config("slow-s0").initialWeights).toBe(config("sgd-s0").initialWeights);
    expect(config("slow-s0").initialWeights).not.toBe(config("slow-s1").initialWeights);
    const firstLoss = (run: string) =>
      RunFolder.open(join(race, run))
        .events()
        .find((event) => event.type === "step");
    expect(firstLoss("slow-s1")).toMatchObject({ loss: (firstLoss("sgd-s1") as { loss: number }).loss });
    expect(end.stdout).toContain("Rules of a fair race");
    expect(end.stdout).toMatch(/✓ All rivals start from the same weights/);
    expect(end.stdout).toContain(`report: ${join(race, "report.html")}`);
  });

  it("runs again from its race.json, with fewer rivals too", async () => {
    const file = join(onlyFolder(at("race")), "race.json");
    expect(
      (await kronograd("race", "--config", file, "--optimizer", "sgd", "--seeds", "1", "--out", at("fewer"))).code,
    ).toBe(0);
    expect(existsSync(join(onlyFolder(at("fewer")), "sgd-s0"))).toBe(true);
  });

  it("marks a rival that diverges and lets the others go on", async () => {
    const flags = [
      "--optimizer",
      "sgd,wild=sgd",
      "--set",
      "rivals.wild.learningRate=1e30",
      "--steps",
      "60",
      "--out",
      at("wild"),
    ];
    const end = await kronograd("race", ...small.slice(0, 6), ...flags);
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(/wild.*diverged/);
    expect(end.stderr).toContain("wild (seed 0) diverged: 20 steps in a row");
  });
});

describe("kronograd report", () => {
  it("writes the report of one folder, or of several", async () => {
    const run = onlyFolder(at("train"));
    const end = await kronograd("report", run);
    expect(end).toMatchObject({ code: 0, stdout: `report: ${join(run, "report.html")}\n` });
    expect((await kronograd("report", run, onlyFolder(at("again")), "-o", at("both.html"))).code).toBe(0);
    expect(readFileSync(at("both.html"), "utf8")).toMatch(/^<!doctype html>/i);
    expect(await kronograd("report")).toMatchObject({ code: 1 });
    expect(await kronograd("report", at("nowhere"))).toMatchObject({ code: 3 });
  });
});

describe("kronograd inspect", () => {
  it("shows plan, checkpoints, spectra and memory", async () => {
    const { code, stdout } = await kronograd("inspect", onlyFolder(at("train")));
    expect(code).toBe(0);
    expect(stdout).toContain("plan of kfac");
    expect(stdout).toMatch(/step-000020\.safetensors {2}[\d.]+ kB/);
    expect(stdout).toMatch(/ dense1 +A +3 +[\d.e-]+ +[\d.e-]+ +[\d.e-]+ +/);
    expect(stdout).toMatch(/memory: .* of parameters and buffers, .* of optimizer state/);
  });

  it("leaves the run as it is", async () => {
    const run = onlyFolder(at("train"));
    const before = snapshot(run);
    await kronograd("inspect", run);
    expect(snapshot(run)).toEqual(before);
  });

  it("wants one run", async () => {
    expect(await kronograd("inspect")).toMatchObject({ code: 1 });
    expect((await kronograd("inspect", onlyFolder(at("race")))).stderr).toContain("Name one of the runs in it");
  });
});

describe("kronograd list", () => {
  it("shows everything, or one table", async () => {
    const { stdout } = await kronograd("list");
    for (const word of ["skfac", "resnet20", "fashion-mnist", "cpu"]) expect(stdout).toContain(word);
    const data = await kronograd("list", "data");
    expect(data.stdout).toMatch(/^data +options\ncifar10 /);
    expect(data.stdout).not.toContain("skfac");
    expect(await kronograd("list", "datas")).toMatchObject({ code: 1 });
  });
});
