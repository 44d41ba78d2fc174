/**
 * Every kernel of the backend, by op name, and the layers that they stand on, each of which knows only those above it:
 *
 *     device/   WebGL2 through gpu.js: where it comes from, textures, programs
 *     emit/     JavaScript text: places of strided operands, windows of images, the functions that shaders lack
 *     kernels/  ops: what element `i` of an output is
 */

import type { Kernel } from "@kronograd/tensor";
import { convolutionKernels } from "./kernels/convolutions.ts";
import { elementwiseKernels } from "./kernels/elementwise.ts";
import { moveKernels } from "./kernels/moves.ts";
import { normalizationKernels } from "./kernels/normalization.ts";
import { poolingKernels } from "./kernels/pooling.ts";
import { productKernels } from "./kernels/products.ts";
import { reductionKernels } from "./kernels/reductions.ts";
import { softmaxKernels } from "./kernels/softmax.ts";
import type { Kit } from "./kit.ts";

export function allKernels(kit: Kit): Map<string, Kernel> {
  const families = [
    elementwiseKernels(kit),
    moveKernels(kit),
    productKernels(kit),
    reductionKernels(kit),
    softmaxKernels(kit),
    convolutionKernels(kit),
    poolingKernels(kit),
    normalizationKernels(kit),
  ];
  return new Map(families.flatMap((family) => Object.entries(family)));
}
