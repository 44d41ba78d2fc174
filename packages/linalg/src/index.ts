/** `@kronograd/linalg`: factorisations, solves and operators. Eigenvalues are in `@kronograd/linalg/decompositions`. */

export * from "./cg.ts";
export { cholesky, choleskyInverse, choleskySolve, logDet } from "./cholesky.ts";
export * from "./cholesky-update.ts";
export * from "./damped-inverse.ts";
export * from "./factored-damping.ts";
export * from "./hutchinson.ts";
export * from "./kronecker.ts";
export * from "./lanczos.ts";
export * from "./lu.ts";
export * from "./operator.ts";
export * from "./syrk.ts";
export * from "./triangular.ts";
export * from "./woodbury.ts";
