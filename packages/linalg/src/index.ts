/** `@kronograd/linalg`: factorisations, solves, damped inverses and operators. Eigenvalues are in `@kronograd/linalg/decompositions`. */

export * from "./cg.ts";
export { cholesky, choleskyInverse, choleskySolve, logDet } from "./cholesky.ts";
export * from "./cholesky-update.ts";
export * from "./damped-inverse.ts";
export * from "./damping.ts";
export type { Eigenpairs } from "./eigenpairs.ts";
export * from "./hutchinson.ts";
export * from "./kronecker.ts";
export * from "./lanczos.ts";
export * from "./lu.ts";
export * from "./operator.ts";
export * from "./symmetric-eigen.ts";
export * from "./syrk.ts";
export * from "./triangular.ts";
export * from "./woodbury/push-through.ts";
export * from "./woodbury/second-moment.ts";
export * from "./woodbury/woodbury.ts";
export * from "./woodbury/woodbury-solve.ts";
