import { withDefaults } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import type { Column } from "./column.ts";
import type { Split } from "./dataset.ts";
import { gatherBatch } from "./gather.ts";

// Two channels of two pixels.
const images: Split<Column, Column> = {
  count: 3,
  inputs: {
    values: new Uint8Array([0, 255, 0, 255, 51, 102, 153, 204, 1, 2, 3, 4]),
    shape: [2, 1, 2],
    prepare: { mean: [0.5, 0], deviation: [0.25, 2] },
  },
  targets: { values: new Int32Array([7, 8, 9]), shape: [], prepare: "integers" },
};
const numbers: Split<Column, Column> = {
  count: 2,
  inputs: { values: new Float64Array([0.1, 0.2, 0.3, 0.4]), shape: [2], prepare: "floats" },
  targets: { values: new Float64Array([1, 2, 3, 4]), shape: [2], prepare: "floats" },
};

describe("gatherBatch", () => {
  it("takes rows in the order of the indices, repeats too", () => {
    const { inputs, targets } = gatherBatch(numbers, [1, 0, 1], { dtype: "float64" });
    expect([inputs.shape, inputs.dtype]).toEqual([[3, 2], "float64"]);
    expect([...inputs.dataSync()]).toEqual([0.3, 0.4, 0.1, 0.2, 0.3, 0.4]);
    expect([targets.shape, targets.dtype]).toEqual([[3, 2], "float64"]);
    expect([...targets.dataSync()]).toEqual([3, 4, 1, 2, 3, 4]);
  });

  it("scales bytes by (byte/255 − mean)/deviation of their channel", () => {
    const { inputs, targets } = gatherBatch(images, [1, 0], { dtype: "float64" });
    expect(inputs.shape).toEqual([2, 2, 1, 2]);
    const expected = [(0.2 - 0.5) / 0.25, (0.4 - 0.5) / 0.25, 0.6 / 2, 0.8 / 2, -2, 2, 0, 0.5];
    expect([...inputs.dataSync()]).toEqual(expected.map((value) => expect.closeTo(value, 15)));
    expect([targets.dtype, ...targets.dataSync()]).toEqual(["int32", 8, 7]);
  });

  it("gives tokens as int32 and named columns by their names, with weights where there are some", () => {
    const tokens: Column = { values: new Uint8Array([1, 2, 3, 4]), shape: [2], prepare: "integers" };
    const counts: Column = { values: new Int32Array([5, 6]), shape: [], prepare: "floats" };
    const batch = gatherBatch({ ...numbers, inputs: { tokens, counts }, weights: counts }, [1]);
    expect([batch.inputs.tokens.dtype, batch.inputs.tokens.shape]).toEqual(["int32", [1, 2]]);
    expect([...batch.inputs.tokens.dataSync()]).toEqual([3, 4]);
    expect([batch.inputs.counts.dtype, ...batch.inputs.counts.dataSync()]).toEqual(["float32", 6]);
    expect(batch.weights).toMatchObject({ dtype: "float32", shape: [1] });
    expect(gatherBatch(numbers, [0])).not.toHaveProperty("weights");
  });

  it("rounds once to float32, the default dtype", () => {
    const { inputs } = gatherBatch(images, [1]);
    expect(inputs.dtype).toBe("float32");
    expect(inputs.dataSync()[0]).toBe(Math.fround((51 / 255 - 0.5) / 0.25));
    expect(gatherBatch(numbers, [0]).targets.dtype).toBe("float32");
  });

  it("follows the ambient dtype", () => {
    expect(withDefaults({ dtype: "float64" }, () => gatherBatch(numbers, [0])).inputs.dtype).toBe("float64");
  });

  it("makes an empty batch of no rows", () => {
    expect(gatherBatch(images, []).inputs.shape).toEqual([0, 2, 1, 2]);
  });

  it("throws UsageError for an index that is no row, DtypeError for int32 inputs", () => {
    for (const index of [-1, 3, 0.5, Number.NaN]) {
      expect(() => gatherBatch(images, [0, index])).toThrow(
        expect.objectContaining({ name: "UsageError", got: index }),
      );
    }
    expect(() => gatherBatch(numbers, [0], { dtype: "int32" })).toThrow(
      expect.objectContaining({ name: "DtypeError" }),
    );
  });
});
