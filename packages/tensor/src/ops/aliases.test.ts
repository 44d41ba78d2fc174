import { describe, expect, it } from "vitest";
import { tensor } from "../tensor/create.ts";
import { addcmul, cumsum, embeddingRows, isfinite, logsumexp, unsqueeze } from "./aliases.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());

describe("names of PyTorch and NumPy", () => {
  it("give what they give there", () => {
    expect(values(cumsum(tensor([1, 2, 3])))).toEqual([1, 3, 6]);
    expect(values(isfinite(tensor([1, Number.NaN, Infinity])))).toEqual([1, 0, 0]);
    expect(logsumexp(tensor([0, 0])).itemSync()).toBeCloseTo(Math.LN2, 6);
    expect(unsqueeze(tensor([1, 2]), 0).shape).toEqual([1, 2]);
  });

  it("take their arguments in PyTorch's order", () => {
    expect(values(addcmul(tensor([1]), tensor([2]), tensor([3])))).toEqual([7]);
    expect(values(embeddingRows(tensor(Int32Array.of(1)), tensor([[1, 2], [3, 4]])))).toEqual([3, 4]); // biome-ignore format: a table
  });
});
