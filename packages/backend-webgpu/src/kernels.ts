/**
 * Every kernel of the backend, by op name, and the layers that they stand on, each of which knows only those above it:
 *
 *     device/   the GPU: where it comes from, buffers, commands, the order of the program
 *     emit/     WGSL text: walks over strided operands, one-thread-an-element programs, reductions, the tile of all products
 *     kernels/  ops: operands to uniforms, and calls of what emit/ writes
 */

import type { Kernel } from "@kronograd/tensor";
import { convolutionKernels } from "./kernels/convolutions.ts";
import { eigenKernels } from "./kernels/eigen.ts";
import { createElementwise, elementwiseKernels } from "./kernels/elementwise.ts";
import { factorizationKernels } from "./kernels/factorizations.ts";
import { moveKernels } from "./kernels/moves.ts";
import { normalizationKernels } from "./kernels/normalization.ts";
import { patchKernels } from "./kernels/patches.ts";
import { poolingKernels } from "./kernels/pooling.ts";
import { productKernels } from "./kernels/products.ts";
import { reductionKernels } from "./kernels/reductions.ts";
import { softmaxKernels } from "./kernels/softmax.ts";
import type { Kit } from "./kit.ts";

export function allKernels(kit: Kit): Map<string, Kernel> {
  const moves = moveKernels(kit);
  const copy = moves.copy as Kernel;
  const families = [
    elementwiseKernels(createElementwise(kit)),
    moves,
    reductionKernels(kit),
    softmaxKernels(kit),
    productKernels(kit, copy),
    convolutionKernels(kit),
    patchKernels(kit),
    poolingKernels(kit),
    normalizationKernels(kit, copy),
    factorizationKernels(kit, copy),
    eigenKernels(kit),
  ];
  return new Map(families.flatMap((family) => Object.entries(family)));
}
