/** What a program that trains dense nets needs of wasm; `npm run size` measures it without `@kronograd/tensor`, which is there anyway. */
import {
  arithmeticKernels,
  composeWasm,
  productKernels,
  reductionKernels,
  softmaxKernels,
} from "@kronograd/backend-wasm/compose";
import { registerBackend } from "@kronograd/tensor";

/** `fit()` with SGD or Adam on a net of dense layers and ReLUs runs no other kernels. */
export const denseWasm = composeWasm([arithmeticKernels, productKernels, reductionKernels, softmaxKernels]);

registerBackend(denseWasm);
