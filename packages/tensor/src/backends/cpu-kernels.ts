/** The kernels of the `cpu` backend, by op name. Everything else runs its reference loops. */

import type { Kernel } from "../backend.ts";
import { conv2dInputGradKernel, conv2dKernel, conv2dWeightGradKernel, im2colKernel } from "./cpu/convolutions.ts";
import { linearKernel, matmulKernel, syrkKernel } from "./cpu/products.ts";
import { sumKernel } from "./cpu/reduce.ts";

/** Looked up by `dispatch`; linalg's "syrk" finds its kernel here too. */
export const cpuKernels: ReadonlyMap<string, Kernel> = new Map<string, Kernel>([
  ["sum", sumKernel],
  ["matmul", matmulKernel],
  ["linear", linearKernel],
  ["syrk", syrkKernel],
  ["conv2d", conv2dKernel],
  ["conv2dInputGrad", conv2dInputGradKernel],
  ["conv2dWeightGrad", conv2dWeightGradKernel],
  ["im2col", im2colKernel],
]);
