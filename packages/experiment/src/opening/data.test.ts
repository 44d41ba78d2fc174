import type { FileSource } from "@kronograd/data";
import { describe, expect, it } from "vitest";
import { dataSets } from "../catalogs/index.ts";
import { defaultTarget, isCsv, openData } from "./data.ts";
import { bareSurroundings } from "./surroundings.ts";

const refusal = (name: string, message: RegExp) =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });
const open = (text: string) => openData(text, bareSurroundings);

describe("openData", () => {
  it.each(["spiral", "circle", "xor", "moons"])("makes %s, the same each time", async (name) => {
    const data = await open(name);
    expect(data).toMatchObject({ inputShape: [2], classes: 2, train: { count: 1000 }, test: { count: 1000 } });
    expect((await open(name)).fingerprint).toBe(data.fingerprint);
  });

  it("reads options in brackets", async () => {
    const [plain, more] = [await open("spiral"), await open("spiral(arms=3,turns=1.5,train=30)")];
    expect(more).toMatchObject({ classes: 3, train: { count: 30 }, test: { count: 1000 } });
    expect(more.fingerprint).not.toBe(plain.fingerprint);
    expect((await open("Spiral(turns=1)")).fingerprint).toBe(plain.fingerprint);
  });

  it("makes numbers to predict", async () => {
    expect(await open("teacher-student(outputs=2)")).toMatchObject({ task: "regression", targetShape: [2] });
  });

  it("reads a table from wherever it is, for classes or for numbers", async () => {
    const rows = Array.from({ length: 10 }, (_, i) => `${i},${-i},${i % 2}`).join("\n");
    const table = (path: string): FileSource => ({
      place: path,
      read: async ([file = ""]) => ({ file, bytes: new TextEncoder().encode(`a,b,y\n${rows}\n`) }),
    });
    const there = { ...bareSurroundings, table };
    expect(await openData("table.csv", there)).toMatchObject({
      name: "table.csv",
      task: "classification",
      classes: 2,
      inputShape: [2],
    });
    const numbers = await openData("table.csv", there, { task: "regression" });
    expect(numbers).toMatchObject({ task: "regression", targetShape: [1] });
  });

  it("throws UsageError for an unknown name or option, and for files where there are none", async () => {
    await expect(open("mnits")).rejects.toThrow(
      refusal("UsageError", /^--data: unknown data set.*Did you mean "mnist"/),
    );
    await expect(open("spiral(turn=1)")).rejects.toThrow(refusal("UsageError", /Did you mean "turns"/));
    await expect(open("spiral(turns=-1)")).rejects.toThrow(refusal("UsageError", /turns is out of range/));
    await expect(open("spiral(turns=much)")).rejects.toThrow(refusal("UsageError", /turns cannot be read/));
    for (const text of ["mnist", "table.csv"])
      await expect(open(text)).rejects.toThrow(refusal("UsageError", /there are no files here/));
  });
});

describe("data sets", () => {
  it("are these", () => {
    expect(dataSets.entries.map(({ name }) => name)).toEqual([
      "cifar10",
      "circle",
      "fashion-mnist",
      "mnist",
      "moons",
      "spiral",
      "teacher-student",
      "xor",
    ]);
  });

  it("have a target", () => {
    expect([defaultTarget("mnist"), defaultTarget("cifar10"), defaultTarget("spiral(turns=2)")]).toEqual([
      0.95, 0.5, 0.95,
    ]);
    expect(defaultTarget("own.csv")).toBe(0.9);
  });
});

describe("isCsv", () => {
  it("goes by the ending", () => {
    expect([isCsv("a.csv"), isCsv("b.CSV.gz"), isCsv("csv")]).toEqual([true, true, false]);
  });
});
