/**
 * `@kronograd/backend-wasm/compose`: a backend `wasm` of just the kernels that a program needs. Importing it registers nothing.
 *
 * A program that also imports `@kronograd/backend-wasm`, or opens "wasm" through `kronograd`, has all of them.
 */

export { composeWasm, type WasmBackend, type WasmOptions, type WasmParts, type WasmProvider } from "./backend.ts";
export { revectorize } from "./engine/revectorize.ts";
export { convolutionKernels } from "./kernels/convolution/convolutions.ts";
export { eigenKernels } from "./kernels/eigen.ts";
export { arithmeticKernels, elementwiseKernels } from "./kernels/elementwise.ts";
export { factorizationKernels } from "./kernels/factorizations.ts";
export { gramKernels } from "./kernels/gram.ts";
export { inverseKernels } from "./kernels/inverse.ts";
export { moveKernels } from "./kernels/moves.ts";
export { normalizationKernels } from "./kernels/normalization.ts";
export { patchSumKernels } from "./kernels/patch-sum.ts";
export { poolingKernels } from "./kernels/pooling.ts";
export { productKernels } from "./kernels/products.ts";
export { reductionKernels } from "./kernels/reductions.ts";
export { softmaxKernels } from "./kernels/softmax.ts";
export type { KernelFamily } from "./kit.ts";
export { threads } from "./threads/threads.ts";
