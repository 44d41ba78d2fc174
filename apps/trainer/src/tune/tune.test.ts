import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gatherBatch, type Split, spiral } from "@kronograd/data";
import { openOptimizer } from "@kronograd/experiment";
import { Rng, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { commandLine, kronograd, start, temporaryFolder } from "../e2e/command.ts";
import { grids, pointsOf, thin } from "./grid.ts";
import { heldRows, holdOut } from "./hold-out.ts";
import { bestOf, isOf } from "./results.ts";

describe("grids", () => {
  it("give every rival the same number of points", () => {
    const counts = Object.values(grids).map((grid) => pointsOf(grid).length);
    expect(new Set(counts).size).toBe(1);
  });

  it.each(Object.entries(grids))("hold only options that %s takes", async (name, grid) => {
    for (const point of pointsOf(grid)) await openOptimizer(name, point, { steps: 10, schedule: "linear" });
  });
});

describe("pointsOf", () => {
  it("is the product of the axes, with what is fixed", () => {
    expect(pointsOf({ fixed: { c: 0 }, axes: { a: [1, 2], b: [3, 4] } })).toEqual([
      { c: 0, a: 1, b: 3 },
      { c: 0, a: 1, b: 4 },
      { c: 0, a: 2, b: 3 },
      { c: 0, a: 2, b: 4 },
    ]);
  });
});

describe("thin", () => {
  it("takes points evenly, and all where there are fewer", () => {
    const points = Array.from({ length: 12 }, (_, i) => ({ i }));
    expect(thin(points, 3).map(({ i }) => i)).toEqual([2, 6, 10]);
    expect(thin(points, 99)).toEqual(points);
  });
});

describe("holdOut", () => {
  const data = spiral({ rng: new Rng(0), train: 60, test: 30 });

  it("evaluates on the last training rows, and has no test rows", () => {
    const held = holdOut(data);
    expect([held.train.count, held.test.count]).toEqual([50, 10]);
    const rows = (split: Split, from: number, count: number) => {
      const { inputs } = gatherBatch(split, Array.from({ length: count }, (_, i) => from + i)); // biome-ignore format: short
      return [...(inputs as Tensor).dataSync()];
    };
    expect(rows(held.train, 0, 50)).toEqual(rows(data.train, 0, 50));
    expect(rows(held.test, 0, 10)).toEqual(rows(data.train, 50, 10));
    expect(held.fingerprint).not.toBe(data.fingerprint);
  });

  it("holds back 10,000 rows of MNIST", () => {
    expect(heldRows(60_000)).toBe(10_000);
    expect(heldRows(600)).toBe(100);
  });
});

describe("bestOf", () => {
  const row = (rival: string, rate: number, seed: number, score: number | null) => ({
    rival,
    options: { rate },
    seed,
    at: [],
    score,
    reason: "done",
  });

  it("is the point with the highest mean over its seeds, none of which diverged", () => {
    const rows = [row("a", 1, 0, 0.9), row("a", 1, 1, 0.5), row("a", 2, 0, 0.8), row("a", 2, 1, 0.8), row("a", 3, 0, 1), row("a", 3, 1, null)]; // biome-ignore format: rows
    expect(bestOf(rows, ["a", "b"])).toEqual({ a: { options: { rate: 2 }, score: 0.8, points: 3 } });
  });

  it("tells rows by rival, seed and options, in any order of their keys", () => {
    const trial = { rival: "a", seed: 0, options: { x: 1, y: 2 } };
    expect(isOf({ ...trial, options: { y: 2, x: 1 } }, trial)).toBe(true);
    expect(isOf({ ...trial, seed: 1 }, trial)).toBe(false);
  });
});

describe("kronograd tune", () => {
  const argv = [
    "tune",
    "--data",
    "xor",
    "--model",
    "mlp:4",
    "--steps",
    "8",
    "--points",
    "2",
    "--optimizer",
    "sgd,adam",
  ];

  it("keeps each row, runs none twice, and gives the best of the same number of points", async () => {
    using folder = temporaryFolder();
    const results = join(folder.path, "tune.json");
    const first = await kronograd(...argv, "--results", results);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/sgd +[\d.]+.% +2 .*\nadam +[\d.]+.% +2 /);
    const file = JSON.parse(readFileSync(results, "utf8"));
    expect(file).toMatchObject({ validation: "the last 166 training rows", steps: 8, best: { sgd: { points: 2 } } });
    expect(file.rows).toHaveLength(4);
    expect(file.rows[0].at).toHaveLength(3);
    // As if it had been killed before its last row.
    writeFileSync(results, JSON.stringify({ ...file, rows: file.rows.slice(0, 3) }));
    const second = await kronograd(...argv, "--results", results);
    expect(second.stderr).toMatch(/^4 rows, 3 of them in .*\n4\/4 {2}adam s0/);
    expect(JSON.parse(readFileSync(results, "utf8"))).toEqual(file);
  });

  it("gives the same rows with child processes", async () => {
    using folder = temporaryFolder();
    const [one, two] = [join(folder.path, "one.json"), join(folder.path, "two.json")];
    await kronograd(...argv, "--results", one);
    const end = await start([...commandLine, ...argv, "--results", two, "--jobs", "2"], folder.path).finished;
    expect(end).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(two, "utf8"))).toEqual(JSON.parse(readFileSync(one, "utf8")));
  });

  it("takes grids from a file", async () => {
    using folder = temporaryFolder();
    const grid = join(folder.path, "grid.json");
    const results = join(folder.path, "tune.json");
    writeFileSync(grid, JSON.stringify({ lion: { fixed: {}, axes: { learningRate: [0.001] } } }));
    const end = await kronograd(...argv.slice(0, -1), "lion", "--grid", grid, "--results", results);
    expect(end).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(results, "utf8")).best.lion).toMatchObject({
      options: { learningRate: 0.001 },
      points: 1,
    });
    writeFileSync(grid, JSON.stringify({ lion: { axes: 3 } }));
    expect(await kronograd(...argv, "--grid", grid, "--results", results)).toMatchObject({ code: 1 });
  });

  it("refuses the results of another tuning, and optimizers without a grid", async () => {
    using folder = temporaryFolder();
    const results = join(folder.path, "tune.json");
    await kronograd(...argv, "--results", results);
    const before = readFileSync(results, "utf8");
    const other = await kronograd(...argv, "--results", results, "--batch", "8");
    expect(other).toMatchObject({ code: 3 });
    expect(other.stderr).toContain("holds a tuning with another batch");
    expect(readFileSync(results, "utf8")).toBe(before);
    const unknown = await kronograd(
      "tune",
      "--data",
      "xor",
      "--optimizer",
      "lion",
      "--results",
      join(folder.path, "x"),
    );
    expect(unknown).toMatchObject({ code: 1 });
    expect(existsSync(join(folder.path, "x"))).toBe(false);
  });
});
