import { diagonal, frobenius2, normal, Rng, ShapeError, tensor, trace, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { hutchinsonTrace } from "./hutchinson.ts";
import { denseOperator, diagonalOperator } from "./operator.ts";
import { syrk } from "./syrk.ts";

describe("hutchinsonTrace", () => {
  it("is exact on diagonal matrices, with one probe", () => {
    expect(hutchinsonTrace(diagonalOperator(tensor([1, 2, 3.5])), new Rng(3), 1).itemSync()).toBe(6.5);
  });

  it("is within five standard deviations of the trace, by its variance formula", () => {
    const A = syrk(normal(new Rng(1), [8, 8], { dtype: "float64" }));
    const outside = frobenius2(A).itemSync() - frobenius2(diagonal(A)).itemSync();
    const probes = 2000;
    const deviation = Math.sqrt((2 * outside) / probes);
    const error = hutchinsonTrace(denseOperator(A), new Rng(2), probes).itemSync() - trace(A).itemSync();
    expect(Math.abs(error)).toBeLessThan(5 * deviation);
    expect(Math.abs(error)).toBeGreaterThan(0);
  });

  it("refuses rectangles and probe counts below 1", () => {
    expect(() => hutchinsonTrace(denseOperator(normal(new Rng(0), [2, 3])), new Rng(0), 1)).toThrow(ShapeError);
    expect(() => hutchinsonTrace(denseOperator(tensor([[1]])), new Rng(0), 0)).toThrow(UsageError);
  });
});
