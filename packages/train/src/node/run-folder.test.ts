import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunEvent } from "../events.ts";
import { RunFolder } from "./run-folder.ts";

let base: string;
let path: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "kronograd-"));
  path = join(base, "run");
});
afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

const refusal = (name: string) => expect.objectContaining({ name });
const step = (n: number): RunEvent => ({
  type: "step",
  step: n,
  examples: n,
  seconds: n,
  learningRate: 0.1,
  loss: 1,
  reported: {},
});
const bytes = (n: number) => new Uint8Array([n]);

describe("RunFolder", () => {
  it("keeps its configuration", () => {
    RunFolder.create(path, { seed: 3 });
    expect(RunFolder.open(path).config()).toEqual({ seed: 3 });
  });

  it("throws CheckpointError rather than write into a folder that holds something", () => {
    RunFolder.create(path, { seed: 3 });
    expect(() => RunFolder.create(path, { seed: 4 })).toThrow(refusal("CheckpointError"));
    expect(RunFolder.open(path).config()).toEqual({ seed: 3 });
  });

  it("takes a folder in which a process was killed before it had written anything", () => {
    mkdirSync(path);
    writeFileSync(join(path, "run.json.1.tmp"), "{");
    expect(RunFolder.create(path, { seed: 3 }).config()).toEqual({ seed: 3 });
  });

  it("throws CheckpointError for a folder that is no run, and for a run.json that is not JSON", () => {
    expect(() => RunFolder.open(base)).toThrow(/is not a run folder: it has no run\.json/);
    const folder = RunFolder.create(path, {});
    writeFileSync(join(path, "run.json"), '{"seed": ');
    expect(() => folder.config()).toThrow(refusal("CheckpointError"));
  });
});

describe("events of a RunFolder", () => {
  it("come back as they were written", () => {
    const folder = RunFolder.create(path, {});
    expect(folder.events()).toEqual([]);
    for (const n of [1, 2]) folder.append(step(n));
    expect(folder.events()).toEqual([step(1), step(2)]);
  });

  it("keep numbers that are not finite as NaN, and a best that is not there as null", () => {
    const folder = RunFolder.create(path, {});
    folder.append({
      type: "eval",
      split: "test",
      step: 1,
      examples: 8,
      seconds: 1,
      loss: Number.POSITIVE_INFINITY,
      metrics: {},
    });
    folder.append({ type: "end", reason: "diverged", step: 1, seconds: 1, skipped: 0, text: "", best: null });
    expect(folder.events()).toMatchObject([{ loss: Number.NaN }, { best: null }]);
  });

  it("are read without a last line that a crash cut short", () => {
    const folder = RunFolder.create(path, {});
    folder.append(step(1));
    appendFileSync(join(path, "events.jsonl"), '{"type":"step","st');
    expect(folder.events()).toEqual([step(1)]);
    folder.cutAfter(1);
    folder.append(step(2));
    expect(folder.events()).toEqual([step(1), step(2)]);
  });

  it("are refused with a DataError where another line is damaged, naming it", () => {
    const folder = RunFolder.create(path, {});
    appendFileSync(join(path, "events.jsonl"), '{"type":\n{"type":"notice"}\n');
    expect(() => folder.events()).toThrow(/events\.jsonl, line 1: is not an event/);
    expect(() => folder.events()).toThrow(refusal("DataError"));
  });

  it("are cut after a checkpoint: what a resumed run writes again, and the end", () => {
    const folder = RunFolder.create(path, {});
    folder.append({ type: "notice", level: "info", text: "hello" });
    for (const n of [1, 2, 3]) folder.append(step(n));
    folder.append({ type: "end", reason: "stopped", step: 2, seconds: 3, skipped: 0, text: "", best: null });
    folder.cutAfter(2);
    expect(folder.events()).toEqual([{ type: "notice", level: "info", text: "hello" }, step(1), step(2)]);
  });

  it.skipIf(!existsSync("/dev/full"))("throw CheckpointError on a full disk", () => {
    const folder = RunFolder.create(path, {});
    symlinkSync("/dev/full", join(path, "events.jsonl"));
    expect(() => folder.append(step(1))).toThrow(/the disk is full/);
    expect(() => folder.append(step(1))).toThrow(refusal("CheckpointError"));
  });

  it("are written as a table", () => {
    const folder = RunFolder.create(path, {});
    folder.append(step(1));
    folder.writeMetrics();
    expect(readFileSync(join(path, "metrics.csv"), "utf8").split("\n")[1]).toBe("step,train,1,1,1,0.1,1,,");
  });
});

describe("checkpoints of a RunFolder", () => {
  it("are found by last, best and step", () => {
    const folder = RunFolder.create(path, {});
    folder.saveCheckpoint(bytes(1), { step: 100, best: true });
    const written = folder.saveCheckpoint(bytes(2), { step: 200, best: false });
    expect(written).toBe(join(path, "checkpoints", "step-000200.safetensors"));
    expect(folder.readCheckpoint()).toEqual({ bytes: Buffer.from([2]), file: written, step: 200 });
    expect(folder.readCheckpoint("best").bytes[0]).toBe(1);
    expect(folder.readCheckpoint(200).bytes[0]).toBe(2);
  });

  it("are found where a process was killed before it had pointed at the first", () => {
    const folder = RunFolder.create(path, {});
    folder.saveCheckpoint(bytes(1), { step: 0, best: false });
    rmSync(join(path, "checkpoints", "last"));
    expect(folder.readCheckpoint().step).toBe(0);
    expect(() => folder.readCheckpoint("best")).toThrow('has no checkpoint "best"');
  });

  it("stay by rule: the newest few and the best", () => {
    const folder = RunFolder.create(path, {});
    for (const n of [1, 2, 3, 4, 5]) folder.saveCheckpoint(bytes(n), { step: n, best: n === 2 }, { last: 2, best: 1 });
    expect(folder.checkpoints().map((name) => Number(/\d+/.exec(name)))).toEqual([2, 4, 5]);
    folder.saveCheckpoint(bytes(6), { step: 6, best: true }, { last: 1, best: 0 });
    expect(folder.checkpoints().map((name) => Number(/\d+/.exec(name)))).toEqual([6]);
  });

  it("are in the order of their steps, also beyond a million", () => {
    const folder = RunFolder.create(path, {});
    for (const n of [1_000_000, 999_999])
      folder.saveCheckpoint(bytes(1), { step: n, best: false }, { last: 3, best: 1 });
    expect(folder.checkpoints()).toEqual(["step-999999.safetensors", "step-1000000.safetensors"]);
  });

  it("throw CheckpointError where there is none, naming those that exist", () => {
    const folder = RunFolder.create(path, {});
    expect(() => folder.readCheckpoint()).toThrow(refusal("CheckpointError"));
    folder.saveCheckpoint(bytes(1), { step: 7, best: false });
    expect(() => folder.readCheckpoint(8)).toThrow(/has no checkpoint "8" \(expected step-000007\.safetensors\)/);
    expect(() => folder.readCheckpoint("best")).toThrow(refusal("CheckpointError"));
    unlinkSync(join(path, "checkpoints", "step-000007.safetensors"));
    expect(() => folder.readCheckpoint("last")).toThrow(refusal("CheckpointError"));
  });

  it.skipIf(!existsSync("/dev/full"))("are as they were when the disk is full", () => {
    const folder = RunFolder.create(path, {});
    const written = folder.saveCheckpoint(bytes(1), { step: 1, best: true });
    symlinkSync("/dev/full", join(path, "checkpoints", `step-000002.safetensors.${process.pid}.tmp`));
    expect(() => folder.saveCheckpoint(bytes(2), { step: 2, best: true })).toThrow(refusal("CheckpointError"));
    expect(folder.readCheckpoint("last")).toEqual({ bytes: Buffer.from([1]), file: written, step: 1 });
    expect(folder.checkpoints()).toEqual(["step-000001.safetensors"]);
  });
});
