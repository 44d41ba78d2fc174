/** What a program that trains dense nets needs of wasm; `npm run size` measures it without `@kronograd/tensor`, which is there anyway. */
import {
  composeWasm,
  elementwiseKernels,
  moveKernels,
  productKernels,
  reductionKernels,
  softmaxKernels,
} from "@kronograd/backend-wasm/compose";
import { registerBackend } from "@kronograd/tensor";

const families = [elementwiseKernels, productKernels, reductionKernels, softmaxKernels, moveKernels];

export const denseWasm = composeWasm(families);

registerBackend(denseWasm);
