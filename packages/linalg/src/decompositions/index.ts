/** `@kronograd/linalg/decompositions`: eigenvalues and singular values, on ml-matrix; LU, which needs it not, beside them. */

export { type LuFactors, lu } from "../lu.ts";
export * from "./eigh.ts";
export * from "./svd.ts";
