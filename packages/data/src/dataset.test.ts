import { describe, expect, it } from "vitest";
import { type DatasetParts, defineDataset } from "./dataset.ts";

const or: DatasetParts = {
  name: "or",
  task: "classification",
  classes: 2,
  inputShape: [2],
  source: "by hand",
  train: { inputs: new Float32Array([0, 0, 0, 1, 1, 0]), targets: new Int32Array([0, 1, 1]) },
  test: { inputs: new Float32Array([1, 1]), targets: new Int32Array([1]) },
};
const line: DatasetParts = {
  name: "line",
  task: "regression",
  inputShape: [1],
  targetShape: [2],
  source: "by hand",
  train: { inputs: new Float64Array([1, 2]), targets: new Float64Array([1, 2, 3, 4]) },
  test: { inputs: new Float64Array([3]), targets: new Float64Array([5, 6]) },
};
const gray: DatasetParts = {
  ...or,
  scaling: { mean: [0.5], deviation: [0.25] },
  train: { inputs: new Uint8Array([0, 255]), targets: new Int32Array([1]) },
  test: { inputs: new Uint8Array([1, 2]), targets: new Int32Array([0]) },
};

describe("defineDataset", () => {
  it("counts rows and gives both splits their shapes", () => {
    expect(defineDataset(or)).toMatchObject({
      classes: 2,
      targetShape: [],
      train: { count: 3, inputs: { shape: [2] } },
    });
    expect(defineDataset(line)).toMatchObject({ targetShape: [2], test: { count: 1, targets: { shape: [2] } } });
    expect(defineDataset(gray).train.inputs).toMatchObject({ prepare: { mean: [0.5], deviation: [0.25] } });
  });

  it("takes rows as nested lists, and counts in them", () => {
    const nested = defineDataset({
      name: "or",
      task: "classification",
      classes: 2,
      source: "by hand",
      train: { inputs: [[0, 0], [0, 1], [1, 0]], targets: [0, 1, 1] }, // biome-ignore format: a table
      test: { inputs: [[1, 1]], targets: [1] },
    });
    expect(nested).toMatchObject({ inputShape: [2], targetShape: [], train: { count: 3 } });
    expect(nested.train.inputs.values).toEqual(new Float64Array([0, 0, 0, 1, 1, 0]));
    expect(nested.train.targets.values).toEqual(new Int32Array([0, 1, 1]));
  });

  it("takes several inputs and targets by name, tokens, labels at each position, and weights", () => {
    const rows = {
      inputs: { tokens: { values: new Int32Array([4, 2, 7, 1]), shape: [2] }, length: [[2], [1]] },
      targets: { values: new Int32Array([0, 1, 2, -100]), shape: [2], classes: 3, ignore: -100 },
      weights: [[1, 1], [0.5, 0]], // biome-ignore format: a table
    };
    const set = defineDataset({
      name: "tagged",
      task: "classification",
      classes: 3,
      source: "by hand",
      train: rows,
      test: rows,
    });
    expect(set).toMatchObject({ inputShape: [2], targetShape: [2], classes: 3, train: { count: 2 } });
    expect(set.train.inputs.tokens).toMatchObject({ prepare: "integers", shape: [2] });
    expect(set.train.inputs.length.prepare).toBe("floats");
    expect(set.train.weights).toMatchObject({ shape: [2] });
    expect(structuredClone(set)).toEqual(set);
  });

  it.each<[string, Partial<DatasetParts>, string]>([
    [
      "a value that is not finite",
      { inputs: { a: [[1], [2], [3]], b: [[1], [2], [Number.NaN]] } } as never,
      'DataError: or, training rows, column "inputs.b", row 2: value 0 is not a finite number (got NaN). Remove the row, or fill the value in.',
    ],
    [
      "a row of another length",
      { inputs: { a: [[1, 2], [1], [3, 4]] } } as never,
      'ShapeError: or, training rows, column "inputs.a", row 1: has another shape than the first row (expected [2], got [1]).',
    ],
    [
      "another number of rows",
      { inputs: { a: [[1], [2]] } } as never,
      "ShapeError: or, training rows: columns do not hold the same number of rows (got inputs.a: 2, targets: 3).",
    ],
    [
      "a label that is no class",
      { targets: [0, 1, 7] } as never,
      'DataError: or, training rows, column "targets", row 2: label is out of range (expected 0 … 1, got 7). For positions without a label, name ignoreIndex.',
    ],
    [
      "a label that is not whole",
      { targets: [0, 1, 0.5] } as never,
      'DataError: or, training rows, column "targets", row 2: is not a whole number (expected an int32, got 0.5).',
    ],
    [
      "values without a shape",
      { inputs: { a: new Float32Array(3) } } as never,
      'UsageError: or, training rows, column "inputs.a": the shape of a row is not known. Pass { values, shape }, or rows as nested lists.',
    ],
    [
      "a negative weight",
      { weights: [1, -1, 0] } as never,
      'UsageError: or, training rows, column "weights": weight 1 is negative (got -1).',
    ],
  ])("names column and row of %s", (_, rows, message) => {
    const { inputShape: _own, ...rest } = or;
    const parts = { ...rest, train: { inputs: [[0, 0], [0, 1], [1, 0]], targets: [0, 1, 1], ...rows } }; // biome-ignore format: a table
    let text = "";
    try {
      defineDataset(parts as DatasetParts);
    } catch (error) {
      text = String(error);
    }
    expect(text).toBe(message);
  });

  it("refuses test rows in other columns than the training rows", () => {
    const test = { inputs: { a: [[1]] }, targets: [1] };
    expect(() => defineDataset({ ...or, test })).toThrow("columns are not those of the training rows");
  });

  it("is plain data that crosses to a worker", () => {
    const dataset = defineDataset(gray);
    expect(structuredClone(dataset)).toEqual(dataset);
  });

  it("has a fingerprint of contents, not of names and places", () => {
    const { fingerprint } = defineDataset(or);
    expect(defineDataset({ ...or, name: "other", source: "elsewhere" }).fingerprint).toBe(fingerprint);
    const swapped = { ...or.train, targets: new Int32Array([1, 0, 1]) };
    expect(defineDataset({ ...or, train: swapped }).fingerprint).not.toBe(fingerprint);
    expect(defineDataset({ ...or, classes: 3 }).fingerprint).not.toBe(fingerprint);
    const rescaled = { ...gray, scaling: { mean: [0.5], deviation: [0.5] } };
    expect(defineDataset(rescaled).fingerprint).not.toBe(defineDataset(gray).fingerprint);
    // Zeros cut into splits at two places: the same bytes one after the other.
    const zeros = (count: number) => ({ inputs: new Float32Array(2 * count), targets: new Int32Array(count) });
    const early = defineDataset({ ...or, train: zeros(1), test: zeros(2) });
    expect(early.fingerprint).not.toBe(defineDataset({ ...or, train: zeros(2), test: zeros(1) }).fingerprint);
  });

  it.each([
    ["no classes", { ...line, task: "classification" as const, targetShape: [] }, "UsageError"],
    ["one class", { ...or, classes: 1 }, "UsageError"],
    ["a name missing", { ...or, classNames: ["off"] }, "UsageError"],
    ["regression without a target shape", { ...line, targetShape: undefined as never }, "UsageError"],
    ["regression with classes", { ...line, classes: 2 }, "UsageError"],
    ["labels that are floats", { ...or, train: { ...or.train, targets: new Float32Array(3) } }, "UsageError"],
    ["bytes without scaling", { ...gray, scaling: undefined as never }, "UsageError"],
    ["scaling of floats", { ...or, scaling: { mean: [0], deviation: [1] } }, "UsageError"],
    ["a deviation of 0", { ...gray, scaling: { mean: [0], deviation: [0] } }, "UsageError"],
    [
      "channels that do not divide a row",
      { ...gray, scaling: { mean: [0, 0, 0], deviation: [1, 1, 1] } },
      "ShapeError",
    ],
    ["half a row", { ...or, train: { ...or.train, inputs: new Float32Array(5) } }, "ShapeError"],
    ["half a target", { ...line, train: { ...line.train, targets: new Float64Array(3) } }, "ShapeError"],
    ["an empty split", { ...or, test: { inputs: new Float32Array(0), targets: new Int32Array(0) } }, "UsageError"],
    ["a label out of range", { ...or, classes: 2, test: { ...or.test, targets: new Int32Array([2]) } }, "DataError"],
    ["NaN among inputs", { ...or, test: { ...or.test, inputs: new Float32Array([0, Number.NaN]) } }, "DataError"],
    ["infinity among targets", { ...line, test: { ...line.test, targets: new Float64Array([1 / 0, 0]) } }, "DataError"],
  ])("refuses %s", (_, parts: DatasetParts, name) => {
    expect(() => defineDataset(parts)).toThrow(expect.objectContaining({ name }));
  });

  it("names the row of a bad value", () => {
    const inputs = new Float32Array([0, 0, 0, Number.NaN, 1, 0]);
    expect(() => defineDataset({ ...or, train: { ...or.train, inputs } })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: or, training rows, column "inputs", row 1: value 1 is not a finite number (got NaN). Remove the row, or fill the value in.]`,
    );
  });
});
