import { describe, expect, it } from "vitest";
import { DtypeError, ShapeError, UsageError } from "../errors.ts";
import { ones, tensor } from "../tensor/create.ts";
import { mul } from "./arithmetic.ts";
import { pick, scatter } from "./pick-scatter.ts";
import { sum } from "./sum-broadcast.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const indices = (...list: number[]) => tensor(Int32Array.from(list));
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("pick", () => {
  it("takes one element of each row, along any axes", () => {
    expect(values(pick(x, indices(2, 0)))).toEqual([3, 4]);
    expect(values(pick(x, indices(1, 0, 1), 0))).toEqual([4, 2, 6]);
    expect(pick(x, tensor(4, { dtype: "int32" }), [0, 1]).itemSync()).toBe(5);
  });

  it("names the position and the value of an index out of range", () => {
    const call = () => pick(x, indices(0, 3));
    expect(call).toThrow(UsageError);
    expect(call).toThrow("pick: index at position 1 is out of range (expected 0 … 2, got 3).");
    expect(() => pick(x, indices(-1, 0))).toThrow("got -1");
  });

  it("refuses float indices and a wrong number of them", () => {
    expect(() => pick(x, ones([2]))).toThrow(DtypeError);
    expect(() => pick(x, indices(0, 0, 0))).toThrow(ShapeError);
  });
});

describe("scatter", () => {
  it("puts one element into each row of zeros", () => {
    expect(values(scatter(tensor([7, 8]), indices(2, 0), [2, 3]))).toEqual([0, 0, 7, 8, 0, 0]);
    expect(values(scatter(tensor([7, 8]), indices(1, 0), [3, 2], 0))).toEqual([0, 8, 7, 0, 0, 0]);
  });

  it("is the transpose of pick: ⟨scatter(v), x⟩ = ⟨v, pick(x)⟩", () => {
    const [v, chosen] = [tensor([7, 8]), indices(2, 1)];
    const left = sum(mul(scatter(v, chosen, [2, 3]), x)).itemSync();
    expect(left).toBe(sum(mul(v, pick(x, chosen))).itemSync());
  });

  it("refuses indices out of range", () => {
    expect(() => scatter(tensor([7]), indices(3), [1, 3])).toThrow(UsageError);
  });
});
