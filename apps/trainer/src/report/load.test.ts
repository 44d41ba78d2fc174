import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DataError, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { loadReport, reportPath } from "./load.ts";
import { temporaryFolder, writeRace, writeRun } from "./testing/make-race.ts";

describe("loadReport", () => {
  it("reads a run folder", () => {
    using folder = temporaryFolder();
    writeRun(folder.path, { rival: "skfac", seed: 4, steps: 40 });
    const data = loadReport([folder.path]);
    expect([data.kind, data.rivals.length]).toEqual(["run", 1]);
    const run = data.rivals[0]?.runs[0];
    expect([run?.rival, run?.seed, run?.steps.length, run?.evals.length, run?.end?.reason]).toEqual([
      "skfac",
      4,
      40,
      3,
      "done",
    ]);
  });

  it("reads a race folder: rivals in the race's order, seeds in theirs, labels as printed", () => {
    using folder = temporaryFolder();
    const seeds = [10, 2];
    writeRace(
      folder.path,
      ["skfac", "adam", "sgd"].flatMap((rival) => seeds.map((seed) => ({ rival, seed }))),
      { rivals: [{ name: "sgd" }, "adam", "skfac"] },
    );
    const { kind, rivals } = loadReport([folder.path]);
    expect(kind).toBe("race");
    expect(rivals.map(({ name, label, index }) => [name, label, index])).toEqual([
      ["sgd", "SGD", 0],
      ["adam", "Adam", 1],
      ["skfac", "SKFAC", 2],
    ]);
    expect(rivals.map(({ runs }) => runs.map(({ seed }) => seed))).toEqual(Array(3).fill([2, 10]));
  });

  it("lays runs over one another: seeds of the same settings together, other settings apart", () => {
    using folder = temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    writeRun(at("a"), { rival: "adam", seed: 0 });
    writeRun(at("b"), { rival: "adam", seed: 1 });
    writeRun(at("c"), { rival: "adam", seed: 0, config: { learningRate: 5 } });
    const { kind, rivals } = loadReport([at("a"), at("b"), at("c")]);
    expect([kind, ...rivals.map(({ label, runs }) => [label, runs.length])]).toEqual([
      "overlay",
      ["Adam", 2],
      ["Adam (c)", 1],
    ]);
  });

  it("takes a run that was killed in the middle of a line", () => {
    using folder = temporaryFolder();
    writeRun(folder.path, { steps: 20 });
    appendFileSync(join(folder.path, "events.jsonl"), '{"type":"st');
    expect(loadReport([folder.path]).rivals[0]?.runs[0]?.steps.length).toBe(20);
  });

  it("refuses nothing, no folder, an empty folder, damaged files, by name", () => {
    using folder = temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    expect(() => loadReport([])).toThrow(UsageError);
    expect(() => loadReport([at("none")])).toThrow(/none: does not exist/);
    mkdirSync(at("empty"));
    expect(() => loadReport([at("empty")])).toThrow(/holds no run/);
    writeRun(at("run"), {});
    writeFileSync(at("run/run.json"), "[1]");
    expect(() => loadReport([at("run")])).toThrow(/run\.json: does not hold an object \(got \[1\]\)/);
    writeFileSync(at("run/run.json"), "{");
    expect(() => loadReport([at("run")])).toThrow(DataError);
    writeRace(at("race"), [{}]);
    writeFileSync(at("race/race.json"), "{");
    expect(() => loadReport([at("race")])).toThrow(/race\.json: is not valid JSON/);
  });
});

describe("reportPath", () => {
  it("is in the folder, or beside several", () => {
    expect(reportPath(["runs/a"])).toBe("runs/a/report.html");
    expect(reportPath(["/x/a", "/y/b"])).toBe("/x/report.html");
  });
});
