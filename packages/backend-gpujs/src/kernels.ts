/** Every kernel of the backend, by op name. */

import type { Kernel } from "@kronograd/tensor";
import { convolutionKernels } from "./kernels/convolutions.ts";
import { elementwiseKernels } from "./kernels/elementwise.ts";
import { moveKernels } from "./kernels/moves.ts";
import { normalizationKernels } from "./kernels/normalization.ts";
import { poolingKernels } from "./kernels/pooling.ts";
import { productKernels } from "./kernels/products.ts";
import { reductionKernels } from "./kernels/reductions.ts";
import type { Kit } from "./kit.ts";

export function allKernels(kit: Kit): Map<string, Kernel> {
  const families = [
    elementwiseKernels(kit),
    moveKernels(kit),
    productKernels(kit),
    reductionKernels(kit),
    convolutionKernels(kit),
    poolingKernels(kit),
    normalizationKernels(kit),
  ];
  return new Map(families.flatMap((family) => Object.entries(family)));
}
