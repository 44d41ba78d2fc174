import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { examplesOf, sliceBatch, soleTensor } from "./batch-rows.ts";

const batch = {
  inputs: { a: tensor([[1, 2], [3, 4], [5, 6]]), b: tensor(Int32Array.of(7, 8, 9)) }, // biome-ignore format: a table
  targets: tensor([1, 2, 3]),
  weights: tensor([1, 0, 1]),
};

describe("examplesOf", () => {
  it("is the length of the first axis of every input", () => {
    expect(examplesOf(batch)).toBe(3);
    expect(examplesOf({ inputs: tensor([[1], [2]]), targets: tensor([1, 2]) })).toBe(2);
  });
});

describe("sliceBatch", () => {
  it("takes the same rows of inputs, targets and weights", () => {
    const { inputs, targets, weights } = sliceBatch(batch, 1, 3) as typeof batch;
    expect([...inputs.a.dataSync()]).toEqual([3, 4, 5, 6]);
    expect([inputs.b.dtype, ...inputs.b.dataSync()]).toEqual(["int32", 8, 9]);
    expect([...targets.dataSync(), ...weights.dataSync()]).toEqual([2, 3, 0, 1]);
    expect(sliceBatch({ inputs: batch.inputs, targets: batch.targets }, 0, 1)).not.toHaveProperty("weights");
  });
});

describe("soleTensor", () => {
  it("is the tensor itself, and refuses several with their names", () => {
    expect(soleTensor("targets", batch.targets)).toBe(batch.targets);
    expect(() => soleTensor("targets", batch.inputs)).toThrow("one column of targets");
  });
});
