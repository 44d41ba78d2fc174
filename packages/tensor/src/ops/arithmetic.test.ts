import { describe, expect, it } from "vitest";
import { DtypeError, ShapeError } from "../errors.ts";
import { tensor } from "../tensor/create.ts";
import {
  add,
  div,
  maximum,
  minimum,
  mul,
  multiplyAdd,
  neg,
  pow,
  scale,
  shift,
  sub,
  weightedSum,
} from "./arithmetic.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const [x, y] = [tensor([1, 2, 4]), tensor([4, 2, 1])];

describe("arithmetic", () => {
  it("works on each element", () => {
    expect(values(add(x, y))).toEqual([5, 4, 5]);
    expect(values(sub(x, y))).toEqual([-3, 0, 3]);
    expect(values(mul(x, y))).toEqual([4, 4, 4]);
    expect(values(div(x, y))).toEqual([0.25, 1, 4]);
    expect(values(pow(x, y))).toEqual([1, 4, 4]);
    expect(values(maximum(x, y))).toEqual([4, 2, 4]);
    expect(values(minimum(x, y))).toEqual([1, 2, 1]);
    expect(values(neg(x))).toEqual([-1, -2, -4]);
    expect(values(scale(x, 0.5))).toEqual([0.5, 1, 2]);
    expect(values(shift(x, -1))).toEqual([0, 1, 3]);
    expect(values(multiplyAdd(x, y, 1))).toEqual([5, 5, 5]);
    expect(values(weightedSum(x, y, 2, -1))).toEqual(values(sub(scale(x, 2), y)));
  });

  it("follows IEEE at the edges", () => {
    expect(values(div(tensor([1, -1, 0]), tensor([0, 0, 0])))).toEqual([Infinity, -Infinity, Number.NaN]);
    expect(values(maximum(tensor([Number.NaN, 1]), tensor([1, Number.NaN])))).toEqual([Number.NaN, Number.NaN]);
  });

  it("refuses shapes and dtypes that do not fit", () => {
    expect(() => add(x, tensor([1, 2]))).toThrow(ShapeError);
    expect(() => add(x, tensor([1, 2, 3], { dtype: "float64" }))).toThrow(DtypeError);
  });
});
