/** `@kronograd/linalg/decompositions`: eigenvalues and singular values, on ml-matrix; beside them LU, which does without. */

export { type LuFactors, lu } from "../lu.ts";
export { type EighOptions, eigh, fromEigen } from "./eigh.ts";
export { type Svd, svd } from "./svd.ts";
