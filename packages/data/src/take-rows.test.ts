import { describe, expect, it } from "vitest";
import type { Column } from "./column.ts";
import type { Split } from "./dataset.ts";
import { sliceRows, takeRows } from "./take-rows.ts";

const tokens: Column = { values: new Uint8Array([1, 2, 3, 4, 5, 6]), shape: [2], prepare: "integers" };
const labels: Column = { values: new Int32Array([7, 8, 9]), shape: [], prepare: "integers", classes: 10 };
const weights: Column = { values: new Float32Array([0, 1, 0.5]), shape: [], prepare: "floats" };
const split: Split<{ tokens: Column }, Column> = { count: 3, inputs: { tokens }, targets: labels, weights };

describe("takeRows", () => {
  it("copies rows of every column in the order asked for, in the type of the column", () => {
    expect(takeRows(split, [2, 0])).toEqual({
      count: 2,
      inputs: { tokens: { ...tokens, values: new Uint8Array([5, 6, 1, 2]) } },
      targets: { ...labels, values: new Int32Array([9, 7]) },
      weights: { ...weights, values: new Float32Array([0.5, 0]) },
    });
  });
});

describe("sliceRows", () => {
  it("is a window on the same memory", () => {
    const { count, inputs, targets } = sliceRows(split, 1, 3);
    expect([count, [...inputs.tokens.values], [...targets.values]]).toEqual([2, [3, 4, 5, 6], [8, 9]]);
    expect(inputs.tokens.values.buffer).toBe(tokens.values.buffer);
  });
});
