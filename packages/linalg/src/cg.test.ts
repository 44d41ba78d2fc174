import {
  add,
  cpu,
  dot,
  eye,
  matmul,
  NumericalError,
  normal,
  Rng,
  ShapeError,
  scale,
  sub,
  tensor,
  zeros,
} from "@kronograd/tensor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conjugateGradients } from "./cg.ts";
import { cholesky, choleskyInverse, choleskySolve } from "./cholesky.ts";
import { denseOperator, diagonalOperator, identityOperator } from "./operator.ts";
import { syrk } from "./syrk.ts";

const f64 = { dtype: "float64" } as const;

/** Condition number under 1e3. */
const problem = (n: number, seed: number) => {
  const rng = new Rng(seed);
  return { A: add(syrk(normal(rng, [n, n], f64)), eye(n, f64)), b: normal(rng, [n, 1], f64) };
};

describe("conjugateGradients", () => {
  it("agrees with a Cholesky solve", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(), (n, seed) => {
        const { A, b } = problem(n, seed);
        const { x, stopped, residual } = conjugateGradients(denseOperator(A), b, {
          tolerance: 1e-12,
          maxIterations: 10 * n,
        });
        expect(stopped).toBe("converged");
        expect(residual).toBeLessThanOrEqual(1e-12);
        expect(x).toBeAllclose(choleskySolve(cholesky(A), b), { rtol: 1e-8 }); // 1e-12 times the condition number
      }),
      { numRuns: 20, seed: 0 },
    );
  });

  it("solves for a right-hand side whose squares are 0, or infinite, in float32", () => {
    const A = diagonalOperator(tensor([2, 1], { dtype: "float32" }));
    for (const size of [1e-22, 1e-23, 1e-38, 1e25]) {
      const { x, stopped } = conjugateGradients(A, tensor([[size], [size]], { dtype: "float32" }));
      expect(stopped).toBe("converged");
      expect(x).toBeAllclose([[size / 2], [size]], { rtol: 1e-5, atol: 0 });
      const { x: again } = conjugateGradients(A, tensor([[size], [size]], { dtype: "float32" }), { start: x });
      expect(again).toBeAllclose([[size / 2], [size]], { rtol: 1e-5, atol: 0 });
    }
  });

  it("needs as many iterations as A has distinct eigenvalues", () => {
    const A = diagonalOperator(tensor([1, 1, 1, 5, 5, 9], f64));
    const { iterations, stopped } = conjugateGradients(A, normal(new Rng(1), [6, 1], f64), { tolerance: 1e-12 });
    expect({ iterations, stopped }).toEqual({ iterations: 3, stopped: "converged" });
  });

  it("needs one iteration when the preconditioner is the inverse, and none from the solution or for b = 0", () => {
    const { A, b } = problem(8, 3);
    const inverse = denseOperator(choleskyInverse(cholesky(A)));
    const at = denseOperator(A);
    expect(conjugateGradients(at, b, { preconditioner: inverse, tolerance: 1e-10 }).iterations).toBe(1);
    expect(conjugateGradients(at, b, { start: choleskySolve(cholesky(A), b), tolerance: 1e-10 }).iterations).toBe(0);
    expect(conjugateGradients(at, zeros([8, 1], f64))).toMatchObject({
      iterations: 0,
      residual: 0,
      stopped: "converged",
    });
  });

  it("lowers the energy at each iteration, also from a given start", () => {
    const { A, b } = problem(9, 4);
    const start = normal(new Rng(9), [9, 1], f64);
    const solution = choleskySolve(cholesky(A), b);
    const energies = [0, 1, 2, 3, 4].map((maxIterations) => {
      const error = sub(conjugateGradients(denseOperator(A), b, { start, maxIterations, tolerance: 0 }).x, solution);
      return dot(error, matmul(A, error)).itemSync();
    });
    for (let i = 1; i < energies.length; i++) expect(energies[i]).toBeLessThan(energies[i - 1] as number);
  });

  it("stops at a direction of negative curvature with the last good x", () => {
    const A = diagonalOperator(tensor([1, -1], f64));
    const { x, stopped, iterations } = conjugateGradients(A, tensor([[0], [1]], f64));
    expect({ stopped, iterations }).toEqual({ stopped: "negativeCurvature", iterations: 0 });
    expect(x).toBeAllclose([[0], [0]]);
  });

  it("throws NumericalError when A gives NaN or the preconditioner is not positive definite", () => {
    const b = tensor([[1], [1]], f64);
    expect(() => conjugateGradients(diagonalOperator(tensor([1, Number.NaN], f64)), b)).toThrow(NumericalError);
    const negative = diagonalOperator(tensor([-1, -1], f64));
    expect(() => conjugateGradients(identityOperator(2, b), b, { preconditioner: negative })).toThrow(
      "the preconditioner is not positive definite (got rᵀ M r = -2 at iteration 0)",
    );
  });

  it("refuses several columns and other sizes", () => {
    const A = denseOperator(eye(3, f64));
    expect(() => conjugateGradients(A, eye(3, f64))).toThrow("b must be one column");
    expect(() => conjugateGradients(A, zeros([2, 1], f64))).toThrow(ShapeError);
  });

  it("leaves no tensor behind but x", () => {
    const { A, b } = problem(6, 1);
    const operator = denseOperator(A);
    const before = cpu.memory.tensors;
    const { x } = conjugateGradients(operator, b, { preconditioner: identityOperator(6, b) });
    expect(cpu.memory.tensors - before).toBe(1);
    x.dispose();
    expect(scale(b, 1).size).toBe(6); // b is untouched
  });
});
