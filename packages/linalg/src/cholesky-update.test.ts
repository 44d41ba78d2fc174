import {
  add,
  eye,
  NumericalError,
  normal,
  Rng,
  reshape,
  ShapeError,
  scale,
  slice,
  type Tensor,
  tensor,
} from "@kronograd/tensor";
import { checkGradients } from "@kronograd/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cholesky } from "./cholesky.ts";
import { choleskyDowndate, choleskyUpdate } from "./cholesky-update.ts";
import { syrk } from "./syrk.ts";

const f64 = { dtype: "float64" } as const;
/** Matrices below have condition numbers under 1e3. */
const rtol = 1e-11;

function outer(v: Tensor): Tensor {
  return syrk(reshape(v, [-1, 1]));
}

const cases = fc.record({ n: fc.integer({ min: 1, max: 13 }), seed: fc.nat() });
const draw = ({ n, seed }: { n: number; seed: number }) => ({
  A: add(syrk(normal(new Rng(seed), [n, n], f64)), eye(n, f64)),
  v: normal(new Rng(seed).fork("v"), [n], f64),
});

describe("choleskyUpdate", () => {
  it("equals refactoring L Lᵀ + v vᵀ", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { A, v } = draw(drawn);
        expect(choleskyUpdate(cholesky(A), v)).toBeAllclose(cholesky(add(A, outer(v))), { rtol });
      }),
      { numRuns: 30, seed: 0 },
    );
  });

  it("has derivatives of first and second order in L and v, as the downdate", () => {
    const { A, v } = draw({ n: 4, seed: 1 });
    const L = cholesky(A);
    checkGradients(choleskyUpdate, [L, v], { order: 2 });
    checkGradients(choleskyDowndate, [choleskyUpdate(L, v), scale(v, 0.5)], { order: 2 });
  });

  it("ignores what stands above L's diagonal", () => {
    const L = tensor([[2, Number.NaN], [1, 2]], f64); // biome-ignore format: a matrix
    const updated = choleskyUpdate(L, tensor([Math.sqrt(5), 0], f64));
    expect(updated).toBeAllclose([[3, 0], [2 / 3, Math.sqrt(5 - 4 / 9)]], { rtol: 1e-15 }); // biome-ignore format: a matrix
  });

  it("throws ShapeError when v has another length or is no vector", () => {
    expect(() => choleskyUpdate(eye(2), tensor([1, 2, 3]))).toThrow(ShapeError);
    expect(() => choleskyUpdate(eye(2), tensor([[1], [2]]))).toThrow("v must be a vector");
  });
});

describe("choleskyDowndate", () => {
  it("undoes an update", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { A, v } = draw(drawn);
        const L = cholesky(A);
        // The way back loses the digits that the update added: ‖v‖² is at most some 40 times the smallest eigenvalue.
        expect(choleskyDowndate(choleskyUpdate(L, v), v)).toBeAllclose(L, { rtol: 100 * rtol });
      }),
      { numRuns: 30, seed: 0 },
    );
  });

  it("reads a strided v", () => {
    const column = slice(tensor([[0.6, 9], [0, 9]], f64), [[0, 2], [0, 1]]); // biome-ignore format: a matrix
    expect(choleskyDowndate(eye(2, f64), reshape(column, [2]))).toBeAllclose([[0.8, 0], [0, 1]], { rtol: 1e-15 }); // biome-ignore format: a matrix
  });

  it("throws NumericalError naming pivot and value when the result is not positive definite", () => {
    expect(() => choleskyDowndate(eye(3, f64), tensor([0, 1.5, 0], f64))).toThrow(NumericalError);
    expect(() => choleskyDowndate(eye(3, f64), tensor([0, 1.5, 0], f64))).toThrow(
      "choleskyDowndate: L Lᵀ − v vᵀ is not positive definite (pivot 1 is -1.3, matrix [3, 3]). Raise damping by more than 1.3.",
    );
    expect(() => choleskyDowndate(eye(1, f64), tensor([Number.NaN], f64))).toThrow("is not finite (pivot 0 is NaN");
  });
});
