import { describe, expect, it } from "vitest";
import { DtypeError, ShapeError } from "../errors.ts";
import { ones, tensor } from "../tensor/create.ts";
import { dot, frobenius2, norm } from "./dot.ts";
import { transpose } from "./permute.ts";

const x = tensor([
  [1, 2],
  [3, 4],
]);

describe("dot", () => {
  it("sums products over all elements, in any layout", () => {
    expect(dot(x, x).itemSync()).toBe(30);
    expect(dot(x, transpose(x)).itemSync()).toBe(29);
    expect(dot(ones([0]), ones([0])).itemSync()).toBe(0);
  });

  it("sums in float64, across chunks", () => {
    const n = 5001;
    const values = tensor(Float32Array.from({ length: n }, (_, i) => (i === 0 ? 4096 : 1)));
    expect(dot(values, values).itemSync()).toBe(2 ** 24 + 5000); // float32 adds no 1 to 2²⁴
  });

  it("refuses other shapes and mixed floats", () => {
    expect(() => dot(x, ones([4]))).toThrow(ShapeError);
    expect(() => dot(x, ones([2, 2], { dtype: "float64" }))).toThrow(DtypeError);
  });
});

describe("frobenius2 and norm", () => {
  it("are the sum of squares and its root", () => {
    expect(frobenius2(x).itemSync()).toBe(30);
    expect(norm(tensor([3, 4])).itemSync()).toBe(5);
    expect(
      Array.from(
        norm(
          tensor([
            [3, 4],
            [6, 8],
          ]),
          1,
        ).dataSync(),
      ),
    ).toEqual([5, 10]);
    expect(norm(tensor([[3, 4]]), undefined, { keepdims: true }).shape).toEqual([1, 1]);
  });
});
