import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { tensor } from "../tensor/create.ts";
import { abs, clamp, cos, erf, exp, expm1, floor, log, log1p, reciprocal, sign, sin, sqrt, square } from "./unary.ts";

const at = (f: (x: ReturnType<typeof tensor>) => ReturnType<typeof tensor>, x: number) =>
  f(tensor(x, { dtype: "float64" })).itemSync();

describe("functions of one variable", () => {
  it.each([
    [exp, Math.exp],
    [expm1, Math.expm1],
    [log, Math.log],
    [log1p, Math.log1p],
    [sqrt, Math.sqrt],
    [square, (x: number) => x * x],
    [reciprocal, (x: number) => 1 / x],
    [abs, Math.abs],
    [sign, Math.sign],
    [floor, Math.floor],
    [sin, Math.sin],
    [cos, Math.cos],
  ])("%o is JavaScript's", (f, want) => {
    for (const x of [-1.5, 0, 0.3, 2, Infinity, Number.NaN]) expect(at(f, x)).toBe(want(x));
  });

  it("erf is odd and tends to 1", () => {
    expect([at(erf, 0), at(erf, 9), at(erf, -9)]).toEqual([0, 1, -1]);
  });

  it("keep int32 where the result is whole", () => {
    const x = tensor([-2, 3], { dtype: "int32" });
    expect([square(x).dtype, abs(x).dtype, exp(x).dtype]).toEqual(["int32", "int32", "float32"]);
  });
});

describe("clamp", () => {
  it("holds values within bounds and keeps NaN", () => {
    const x = tensor([-5, -1, 0.5, 2, Number.NaN]);
    expect(Array.from(clamp(x, -1, 1).dataSync())).toEqual([-1, -1, 0.5, 1, Number.NaN]);
    expect(Array.from(clamp(x, -Infinity, 0).dataSync())).toEqual([-5, -1, 0, 0, Number.NaN]);
  });

  it("refuses bounds out of order", () => {
    expect(() => clamp(tensor(0), 1, -1)).toThrow(UsageError);
    expect(() => clamp(tensor(0), Number.NaN, 1)).toThrow(
      "clamp: bounds are out of order (expected low ≤ high, got [NaN, 1]).",
    );
  });
});
