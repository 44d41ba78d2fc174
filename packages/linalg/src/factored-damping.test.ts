import { eye, scale, tensor, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { dampFactors, piOf } from "./factored-damping.ts";

describe("piOf", () => {
  it("is the root of the ratio of mean eigenvalues", () => {
    expect(piOf(8, 2, 3, 3)).toBe(2);
    expect(piOf(3, 3, 8, 2)).toBe(0.5);
  });

  it("is 1 where a trace is 0", () => {
    expect([piOf(0, 2, 3, 3), piOf(3, 3, 0, 2), piOf(0, 1, 0, 1)]).toEqual([1, 1, 1]);
  });

  it("makes the damping commute with rescaling between the factors", () => {
    // cA and G/c have the same product; with π their damped versions do too.
    const [A, G] = [tensor([[3, 1], [1, 2]], { dtype: "float64" }), tensor([[0.5]], { dtype: "float64" })]; // biome-ignore format: a matrix
    const [c, damping] = [7, 0.1];
    const before = dampFactors(G, A, damping, piOf(5, 2, 0.5, 1));
    const after = dampFactors(scale(G, 1 / c), scale(A, c), damping, piOf(5 * c, 2, 0.5 / c, 1));
    expect(scale(after.A, 1 / c)).toBeAllclose(before.A, { rtol: 1e-15 });
    expect(scale(after.G, c)).toBeAllclose(before.G, { rtol: 1e-15 });
  });

  it("throws UsageError for a trace that is negative or not finite", () => {
    expect(() => piOf(-1, 1, 1, 1)).toThrow(UsageError);
    expect(() => piOf(1, 1, Number.NaN, 1)).toThrow("traces of A and G must be finite and ≥ 0 (got [1, NaN])");
    expect(() => piOf(1, 1, Number.POSITIVE_INFINITY, 1)).toThrow(UsageError);
  });
});

describe("dampFactors", () => {
  it("adds π√λ to A and √λ/π to G", () => {
    const { G, A } = dampFactors(eye(1), eye(2), 0.25, 2);
    expect(A).toBeAllclose([[2, 0], [0, 2]], { rtol: 0 }); // biome-ignore format: a matrix
    expect(G).toBeAllclose([[1.25]], { rtol: 0 });
  });
});
