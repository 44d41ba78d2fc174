/** `linalg.json`: factorisations, solves, eigenvalues, Woodbury and push-through. */

import {
  cholesky,
  choleskyInverse,
  choleskySolve,
  determinant,
  logDet,
  pushThroughSolve,
  solve,
  solveTriangular,
  woodburySolve,
} from "@kronograd/linalg";
import { eigh } from "@kronograd/linalg/decompositions";
import { abs, eye, matmul, mul, NumericalError, pow, type Tensor, transpose } from "@kronograd/tensor";
import type { Handler } from "./handler.ts";

export const linalgHandlers: Readonly<Record<string, Handler>> = {
  cholesky(run) {
    const L = cholesky(run.input("M"));
    return { L, logdet: () => logDet(L) };
  },
  async cholesky_error(run) {
    try {
      await cholesky(run.input("M")).data(); // an asynchronous device tells when it is asked for values
    } catch (error) {
      if (error instanceof NumericalError) return { error: true };
      throw error;
    }
    return { error: false };
  },
  spd_inverse: (run) => ({ inv: choleskyInverse(cholesky(run.input("M"))) }),
  spd_solve: (run) => ({ X: choleskySolve(cholesky(run.input("M")), run.input("B")) }),
  triangular_solve: (run) => ({
    X: solveTriangular(run.input("T"), run.input("B"), { lower: run.flag("lower"), transpose: run.flag("transpose") }),
  }),
  solve(run) {
    const M = run.input("M");
    return { X: () => solve(M, run.input("B")), det: () => determinant(M) };
  },
  eigh(run) {
    const { values, vectors } = eigh(run.input("M"));
    const rebuilt = (spectrum: Tensor) => matmul(mul(vectors, spectrum), transpose(vectors)); // V diag(f(w)) Vᵀ
    return {
      eigenvalues: values,
      reconstruct: () => rebuilt(values),
      inv_sqrt: () => rebuilt(pow(values, -0.5)),
      abs: () => rebuilt(abs(values)),
    };
  },
  woodbury(run) {
    const X = run.input("X");
    return {
      inv: () => woodburySolve(X, run.number("c"), eye(X.shape[0]!, run.placement)),
      invV: () => woodburySolve(X, run.number("c"), run.input("V")),
    };
  },
  push_through: (run) => ({ P: pushThroughSolve(run.input("G"), run.input("A"), run.number("c"), run.number("c")) }),
};
