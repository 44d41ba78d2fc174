/**
 * Every family of kernels, and the layers that they stand on, each of which knows only those above it:
 *
 *     engine/   the assembler (bytes), lanes (vectors of one float type), memory, modules and what the engine can do
 *     emit/     loops as functions of a module: `vectors` and `writer` are their parts (rows by vectors, values by name), `math`
 *               and `expression` the arithmetic of one vector, every other file one kind of loop
 *     kernels/  ops: operands to addresses and counts, jobs to pieces for threads, calls of what emit/ wrote
 *     threads/  workers that do pieces
 */

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
