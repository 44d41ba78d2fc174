import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { allclose, compare } from "./allclose.ts";

describe("compare", () => {
  it("measures norm-wise against the largest wanted element", () => {
    expect(allclose([100, 1e-9], [100, 0], { rtol: 1e-10 })).toBe(true);
    expect(allclose([100, 1e-7], [100, 0], { rtol: 1e-10 })).toBe(false);
  });

  it("measures elementwise against each wanted element", () => {
    expect(allclose([100, 1e-9], [100, 0], { rtol: 1e-10, mode: "elementwise" })).toBe(false);
    expect(allclose([100, 1e-9], [100, 0], { rtol: 1e-10, atol: 1e-9, mode: "elementwise" })).toBe(true);
  });

  it("names the worst position, both values and the shape", () => {
    const { pass, worst, error, message } = compare([[1, 2], [3, 4]], [[1, 2], [3.5, 4.25]]); // biome-ignore format: a matrix
    expect({ pass, worst, error }).toEqual({ pass: false, worst: { index: [1, 0], got: 3, want: 3.5 }, error: 0.5 });
    expect(message).toContain("at [1, 0] of [2, 2]: got 3, want 3.5");
  });

  it("refuses other shapes, even of equal size", () => {
    expect(compare([[1], [2]], [1, 2])).toMatchObject({ pass: false, message: "shapes differ (got [2, 1], want [2])" });
  });

  it("lets NaN agree with nothing and infinities with themselves", () => {
    expect(allclose([Number.NaN], [Number.NaN])).toBe(false);
    expect(allclose([Number.NaN], [Number.NaN], { equalNaN: true })).toBe(true);
    expect(allclose([Number.NaN, 1], [1, 1], { atol: 1e9 })).toBe(false);
    expect(allclose([Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY])).toBe(true);
    expect(allclose([Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY])).toBe(false);
    expect(allclose([1, 2], [1, Number.POSITIVE_INFINITY])).toBe(false);
  });

  it("accepts empty arrays", () => {
    expect(allclose([], [])).toBe(true);
  });
});

describe("toBeAllclose", () => {
  it("reads tensors, typed arrays and nested numbers", () => {
    expect(tensor([[1, 2]])).toBeAllclose([[1, 2]]);
    expect(new Float64Array([1])).toBeAllclose(tensor([1]));
    expect(tensor([1])).not.toBeAllclose([1.001]);
  });

  it("fails with the comparison's sentence", () => {
    expect(() => expect(tensor([1, 2])).toBeAllclose([1, 3])).toThrow("at [1] of [2]: got 2, want 3");
  });
});
