import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { ones, tensor } from "../tensor/create.ts";
import { permute, transpose } from "./permute.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());

describe("permute", () => {
  it("reorders axes without a copy", () => {
    const x = tensor([
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ]); // [1, 3, 2]
    const y = permute(x, [2, 0, -2]);
    expect(y.shape).toEqual([2, 1, 3]);
    expect(values(y)).toEqual([1, 3, 5, 2, 4, 6]);
    expect(y.storage).toBe(x.storage);
  });

  it("refuses an order that is not a permutation", () => {
    for (const order of [[0], [0, 0], [0, 1, 2]]) expect(() => permute(ones([2, 3]), order)).toThrow(UsageError);
  });
});

describe("transpose", () => {
  it("swaps the last two axes of a batch", () => {
    expect(transpose(ones([4, 2, 3])).shape).toEqual([4, 3, 2]);
    expect(
      values(
        transpose(
          tensor([
            [1, 2],
            [3, 4],
          ]),
        ),
      ),
    ).toEqual([1, 3, 2, 4]);
  });

  it("refuses vectors", () => {
    expect(() => transpose(ones([3]))).toThrow("transpose: needs at least two axes (got [3]). Use permute or reshape.");
  });
});
