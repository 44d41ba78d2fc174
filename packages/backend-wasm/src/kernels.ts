/** Every family of kernels. */

import { convolutionKernels } from "./kernels/convolution/convolutions.ts";
import { eigenKernels } from "./kernels/eigen.ts";
import { elementwiseKernels } from "./kernels/elementwise.ts";
import { factorizationKernels } from "./kernels/factorizations.ts";
import { gramKernels } from "./kernels/gram.ts";
import { inverseKernels } from "./kernels/inverse.ts";
import { moveKernels } from "./kernels/moves.ts";
import { normalizationKernels } from "./kernels/normalization.ts";
import { patchSumKernels } from "./kernels/patch-sum.ts";
import { poolingKernels } from "./kernels/pooling.ts";
import { productKernels } from "./kernels/products.ts";
import { reductionKernels } from "./kernels/reductions.ts";
import { softmaxKernels } from "./kernels/softmax.ts";
import type { KernelFamily } from "./kit.ts";

export const everyFamily: readonly KernelFamily[] = [
  elementwiseKernels,
  productKernels,
  reductionKernels,
  softmaxKernels,
  moveKernels,
  convolutionKernels,
  patchSumKernels,
  poolingKernels,
  normalizationKernels,
  gramKernels,
  factorizationKernels,
  inverseKernels,
  eigenKernels,
];
