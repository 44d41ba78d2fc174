import { add, eye, matmul, normal, Rng, ShapeError, scale, tensor, transpose, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import {
  addOperators,
  applyOperator,
  chainOperators,
  denseOperator,
  diagonalOperator,
  identityOperator,
  type LinearOperator,
  scaleOperator,
  shiftOperator,
  toDense,
  transposeOperator,
} from "./operator.ts";

const f64 = { dtype: "float64" } as const;
const rng = new Rng(7);
const [a, b, c] = [normal(rng, [4, 3], f64), normal(rng, [4, 3], f64), normal(rng, [3, 5], f64)];
const square = normal(rng, [3, 3], f64);
/** Sums of at most five products in another order. */
const tolerance = { rtol: 1e-14 };

describe("LinearOperator", () => {
  it("forms from each operator the matrix of its formula", () => {
    const [A, B, C, S] = [denseOperator(a), denseOperator(b), denseOperator(c), denseOperator(square)];
    expect(toDense(A)).toBeAllclose(a, tolerance);
    expect(toDense(addOperators(A, B))).toBeAllclose(add(a, b), tolerance);
    expect(toDense(scaleOperator(A, -3))).toBeAllclose(scale(a, -3), tolerance);
    expect(toDense(chainOperators(A, C))).toBeAllclose(matmul(a, c), tolerance);
    expect(toDense(shiftOperator(S, 0.5))).toBeAllclose(add(square, scale(eye(3, f64), 0.5)), tolerance);
    expect(toDense(identityOperator(3, square))).toBeAllclose(eye(3), tolerance);
    expect(toDense(diagonalOperator(tensor([1, 2], f64)))).toBeAllclose([[1, 0], [0, 2]], tolerance); // biome-ignore format: a matrix
  });

  it("transposes: the adjoint of each is the transpose of its matrix", () => {
    const [A, B, C, S] = [denseOperator(a), denseOperator(b), denseOperator(c), denseOperator(square)];
    const all = [
      A,
      addOperators(A, B),
      scaleOperator(A, 2),
      chainOperators(A, C),
      shiftOperator(S, 1),
      identityOperator(2, a),
    ];
    for (const operator of all) {
      expect(toDense(transposeOperator(operator))).toBeAllclose(transpose(toDense(operator)), tolerance);
    }
  });

  it("carries no adjoint where a part has none, and says so when one is asked for", () => {
    const oneWay: LinearOperator = { shape: [4, 3], dtype: "float64", device: a.device, apply: (V) => matmul(a, V) };
    const sum = addOperators(oneWay, denseOperator(b));
    expect(sum.adjoint).toBeUndefined();
    expect(() => transposeOperator(sum)).toThrow(UsageError);
  });

  it("refuses shapes that do not fit", () => {
    const [A, C] = [denseOperator(a), denseOperator(c)];
    expect(() => addOperators(A, C)).toThrow(ShapeError);
    expect(() => chainOperators(C, A)).toThrow("differ (expected 5, got 4)");
    expect(() => shiftOperator(A, 1)).toThrow(ShapeError);
    expect(() => applyOperator(A, eye(4, f64))).toThrow(
      "rows of V and columns of the operator differ (expected 3, got 4)",
    );
    expect(applyOperator(A, c)).toBeAllclose(matmul(a, c), tolerance);
  });
});
