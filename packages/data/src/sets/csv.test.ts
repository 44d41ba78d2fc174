import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { type CsvOptions, csvDataset } from "./csv.ts";

const rng = new Rng(1);
const ascii = (text: string) => new TextEncoder().encode(text);
const read = (text: string, options: Partial<CsvOptions> = {}) =>
  csvDataset(ascii(text), { rng, standardise: false, file: "data/t.csv", ...options });
const refusal = (details: Record<string, unknown>) =>
  expect.objectContaining({ name: "DataError", details: expect.objectContaining({ file: "data/t.csv", ...details }) });

const flowers = "length,width,species\n1,10,rose\n2,20,lily\n3,30,rose\n4,40,lily\n5,50,aster\n";
/** Rows [inputs…, target] of both splits, sorted. */
const rowsOf = ({ train, test, inputShape: [size = 0] }: ReturnType<typeof csvDataset>) =>
  [train, test]
    .flatMap(({ inputs: { values: inputs }, targets: { values: targets } }) =>
      Array.from(targets, (target, i) => [...inputs.slice(i * size, (i + 1) * size), target]),
    )
    .sort((a, b) => a[0]! - b[0]!);

describe("csvDataset", () => {
  it("numbers the classes in the order of their text and keeps each row together", () => {
    const dataset = read(flowers);
    expect(dataset).toMatchObject({ name: "t.csv", task: "classification", classes: 3, inputShape: [2] });
    expect(dataset.classNames).toEqual(["aster", "lily", "rose"]);
    expect(rowsOf(dataset)).toEqual([
      [1, 10, 2],
      [2, 20, 1],
      [3, 30, 2],
      [4, 40, 1],
      [5, 50, 0],
    ]);
  });

  it("numbers numeric labels in the order of their values", () => {
    expect(read("1,10\n2,9\n3,10\n4,-1\n5,9").classNames).toEqual(["-1", "9", "10"]);
  });

  it("splits by a seeded shuffle", () => {
    const shares = { train: { count: 3 }, test: { count: 2 } };
    expect(read(flowers, { testShare: 0.4 })).toMatchObject(shares);
    expect(read(flowers).fingerprint).toBe(read(flowers, { rng: new Rng(1) }).fingerprint);
    const table = Array.from({ length: 40 }, (_, i) => `${i},${i % 2}`).join("\n");
    const first = read(table);
    expect([...first.train.inputs.values]).not.toEqual([...first.train.inputs.values].sort((a, b) => a - b));
    expect(first.fingerprint).not.toBe(read(table, { rng: new Rng(2) }).fingerprint);
  });

  it("takes target and features by name, by number, and from the end", () => {
    const byName = read(flowers, { target: "species", features: ["width"] });
    expect(byName).toMatchObject({ inputShape: [1] });
    expect(read(flowers, { target: 2, features: [1] }).fingerprint).toBe(byName.fingerprint);
    expect(read(flowers, { target: -1, features: [-2] }).fingerprint).toBe(byName.fingerprint);
  });

  it("predicts one or more numbers in regression", () => {
    const text = "a,b,c\n1,2,3\n4,5,6\n7,8,9";
    const dataset = read(text, { task: "regression", target: ["c", "a"] });
    expect(dataset).toMatchObject({ task: "regression", inputShape: [1], targetShape: [2], train: { count: 2 } });
    expect(dataset.classes).toBeUndefined();
    for (const {
      inputs: { values: inputs },
      targets: { values: targets },
      count,
    } of [dataset.train, dataset.test]) {
      for (let i = 0; i < count; i++) {
        expect([targets[2 * i], targets[2 * i + 1]]).toEqual([inputs[i]! + 1, inputs[i]! - 1]);
      }
    }
  });

  it("sees a header where no cell of the first row is a number, empty or NaN, unless told", () => {
    expect(read("x,y\n1,0\n2,1\n3,0\n4,1")).toMatchObject({ train: { count: 3 }, test: { count: 1 } });
    expect(read("1,x\n2,y\n3,x\n4,y")).toMatchObject({ train: { count: 3 }, test: { count: 1 } });
    expect(read("7,8\n1,0\n2,1\n3,0\n4,1", { header: true, target: "8" }).train.count).toBe(3);
    expect(() => read("x,y\n1,0\n2,0", { header: false })).toThrow(refusal({ row: 1, column: "0" }));
    expect(() => read("NaN,x\n1,y\n2,x\n3,y")).toThrow(refusal({ row: 1, column: "0", got: '"NaN"' }));
    expect(() => read(",x\n1,y\n2,x\n3,y")).toThrow("If this row names the columns, pass header: true.");
  });

  it("standardises inputs by the training rows, and only shifts a constant column", () => {
    const rows = Array.from({ length: 50 }, (_, i) => `${i * i},0.1,${i % 2}`).join("\n");
    const { train, test } = csvDataset(ascii(rows), { rng });
    const column = (inputs: ArrayLike<number>, k: number) => Array.from(inputs).filter((_, i) => i % 2 === k);
    const values = column(train.inputs.values, 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean).toBeCloseTo(0, 12);
    expect(values.reduce((sum, value) => sum + value * value, 0) / values.length).toBeCloseTo(1, 12);
    expect(column(train.inputs.values, 1).every((value) => value === 0)).toBe(true);
    expect(column(test.inputs.values, 1).every((value) => value === 0)).toBe(true);
    // The test rows follow the same line x → (x − m)/s as the training rows, not their own statistics.
    const raw = read(rows);
    const slope = (values[1]! - values[0]!) / (raw.train.inputs.values[2]! - raw.train.inputs.values[0]!);
    expect(
      (test.inputs.values[0]! - values[0]!) / (raw.test.inputs.values[0]! - raw.train.inputs.values[0]!),
    ).toBeCloseTo(slope, 12);
  });

  it.each([
    ["an empty cell", "a,b\n1,0\n,1\n3,0", { row: 3, column: "a", got: '""' }],
    ["NaN", "a,b\n1,0\n2,1\nNaN,0", { row: 4, column: "a", got: '"NaN"' }],
    ["infinity", "a,b\n-inf,0\n2,1\n3,0", { row: 2, column: "a" }],
    ["a number too large for a float64", "a,b\n1e999,0\n2,1\n3,0", { row: 2, column: "a" }],
    ["text", "a,b\n1,0\nx,1\n3,0", { row: 3, column: "a", got: '"x"' }],
    ["a hexadecimal number", "1,0\n0x10,1\n3,0", { row: 2, column: "0" }],
    ["a label that is missing", "a,b\n1,x\n2,\n3,x\n4,y", { row: 3, column: "b" }],
    ["a label that is NaN", "a,b\n1,x\n2,nan\n3,x\n4,y", { row: 3, column: "b" }],
    ["one class", "a,b\n1,x\n2,x\n3,x", { column: "b" }],
    ["a class for each row", "a,b\n1,0.1\n2,0.2\n3,0.3", { column: "b" }],
    ["a header and no row", "a,b\n", { got: 0 }],
    ["nothing", "", { got: 0 }],
    ["one row", "1,0", { column: "1" }],
    ["a name that two columns have", "a,a\n1,0\n2,0\n3,1", { row: 1, got: '"a"' }],
  ])("refuses %s", (_, text, details) => {
    expect(() => read(text)).toThrow(refusal(details));
  });

  it("refuses what is not a number among regression targets", () => {
    expect(() => read("1,2\n3,nan\n4,5", { task: "regression" })).toThrow(refusal({ row: 2, column: "1" }));
  });

  it("says what it found and what to do", () => {
    expect(() => read("a,b\n1,0\n,1\n3,0")).toThrowErrorMatchingInlineSnapshot(
      `[DataError: data/t.csv, row 3, column "a": cell is empty (expected a number, got ""). Fill the value in, remove the row, or leave the column out of features.]`,
    );
    expect(() => read(flowers, { target: "specie" })).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: data/t.csv: there is no column "specie" (expected ["length", "width", "species"], got specie). Did you mean "species"?]`,
    );
  });

  it("throws UsageError for columns that are not there, used twice, or too many", () => {
    const usage = expect.objectContaining({ name: "UsageError" });
    expect(() => read(flowers, { target: 3 })).toThrow(usage);
    expect(() => read(flowers, { target: -4 })).toThrow(usage);
    expect(() => read("1,0\n2,1\n3,0", { target: "y" })).toThrow(usage);
    expect(() => read(flowers, { features: ["width", "species"] })).toThrow(usage);
    expect(() => read(flowers, { features: [] })).toThrow(usage);
    expect(() => read(flowers, { target: ["width", "species"] })).toThrow(usage);
  });

  it("throws UsageError for a testShare outside (0, 1), DataError for one that leaves a split empty", () => {
    for (const testShare of [0, 1, Number.NaN]) {
      expect(() => read(flowers, { testShare })).toThrow(
        expect.objectContaining({ name: "UsageError", got: testShare }),
      );
    }
    for (const testShare of [0.05, 0.95]) expect(() => read(flowers, { testShare })).toThrow(refusal({}));
  });
});
