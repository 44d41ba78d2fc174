/** Backends from the command line: which there are, one that is not installed, one that is lost in mid-run. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { registerBackend } from "@kronograd/tensor";
import { deferred } from "@kronograd/testkit";
import { RunFolder } from "@kronograd/train/node";
import { listBackends } from "kronograd";
import { afterAll, describe, expect, it } from "vitest";
import { kronograd, onlyFolder, temporaryFolder } from "./command.ts";

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder.path, ...names);
afterAll(() => folder[Symbol.dispose]());

const small = ["--data", "moons", "--model", "mlp:8", "--batch", "16", "--optimizer", "skfac", "--steps", "60"];
const frequent = ["--checkpoint-every", "10", "--evaluate-every", "20"];

/** Losses and evaluations of a run. */
const story = (run: string) =>
  RunFolder.open(run)
    .events()
    .flatMap((event) => (event.type === "step" || event.type === "eval" ? [[event.type, event.step, event.loss]] : []));

let readsLeft = Number.POSITIVE_INFINITY;
registerBackend({
  name: "deferred",
  unavailable: () => null,
  create: () => {
    const device = deferred();
    const { backend } = device;
    const read = backend.read.bind(backend);
    backend.read = (handle) => {
      readsLeft -= 1;
      if (readsLeft < 0) device.lose();
      return read(handle);
    };
    return backend;
  },
});

/** What there is on this machine, and what "auto" takes of it. */
const states = await listBackends();
const isFree = ({ unavailable, passedOver }: (typeof states)[number]) => (unavailable ?? passedOver) === null;
const chosen = states.find(isFree)?.name ?? "";

describe("kronograd list backends", () => {
  it("says which one is chosen, and why not the others", async () => {
    const { code, stdout } = await kronograd("list", "backends");
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n").slice(1);
    const rowOf = (name: string) => lines.find((line) => line.startsWith(`${name} `)) ?? "";
    expect(lines.map((line) => line.split(" ")[0]).filter((name) => name !== "")).toEqual(
      states.map(({ name }) => name),
    );
    expect(lines.filter((line) => line.includes('chosen by "auto"'))).toEqual([rowOf(chosen)]); // a card's, where there is one
    for (const { name, unavailable, passedOver } of states) {
      const why = passedOver === null ? unavailable && `not here: ${unavailable}` : `by name only: ${passedOver}`;
      if (name !== chosen) expect(rowOf(name)).toContain(why ?? "available");
    }
    expect(rowOf("deferred")).toContain("by name only: it is taken by name only");
    const after = lines.slice(lines.indexOf(rowOf("wasm")) + 1);
    expect(after[0]).toMatch(/^ +threads \(\d+ cores\): yes/);
    expect(after[1]).toMatch(/^ +fast: revectorize: (yes|no, .)/);
  });
});

describe("kronograd train", () => {
  it("writes down which device it ran on, and why", async () => {
    await kronograd("train", ...small, "--out", at("auto"));
    const run = onlyFolder(at("auto"));
    const { backend, device, deviceChoice } = JSON.parse(readFileSync(join(run, "run.json"), "utf8"));
    expect([backend, device.startsWith(`${chosen} (`)]).toEqual([chosen, true]);
    const passed = states.slice(0, states.findIndex(isFree)).map(({ name }) => name);
    expect(deviceChoice).toEqual([
      ...passed.map((name) => expect.stringMatching(`^${name}: passed over, .`)),
      `${chosen}: chosen`,
    ]);
    const [plan] = RunFolder.open(run).events();
    expect(plan).toMatchObject({ type: "plan", device, why: deviceChoice });
  });

  it("ends with code 4 where a backend is unknown to this machine, saying what to install", async () => {
    const { code, stderr } = await kronograd("train", ...small, "--backend", "webgpu-of-tomorrow");
    expect([code, stderr]).toEqual([1, expect.stringContaining("unknown backend")]);
  });

  it("runs on a device that must be waited for as on one that need not", async () => {
    for (const backend of ["cpu", "deferred"]) {
      const end = await kronograd("train", ...small, ...frequent, "--backend", backend, "--out", at(backend));
      expect(end.code).toBe(0);
    }
    const [own, late] = ["cpu", "deferred"].map((backend) => story(onlyFolder(at(backend)))) as [
      unknown[][],
      unknown[][],
    ];
    expect(late.map(([type, step]) => [type, step])).toEqual(own.map(([type, step]) => [type, step]));
    for (const [i, [, , loss]] of late.entries()) expect(loss).toBeCloseTo(own[i]?.[2] as number, 4);
  });

  it("ends with code 4 where its device is lost, and resumes from its checkpoint to the same bits", async () => {
    readsLeft = 100;
    const end = await kronograd("train", ...small, ...frequent, "--backend", "deferred", "--out", at("lost"));
    readsLeft = Number.POSITIVE_INFINITY;
    const run = onlyFolder(at("lost"));
    expect(end.code).toBe(4);
    expect(end.stderr).toContain("BackendError: deferred: the device was lost");
    expect(end.stderr).toContain(`resume ${run}`);
    const before = story(run).length;
    expect((await kronograd("resume", run)).code).toBe(0);
    expect(before).toBeLessThan(story(run).length);
    expect(story(run)).toEqual(story(onlyFolder(at("deferred"))));
  });
});
