/** Every kernel of the backend, by op name. */

import type { Kernel } from "@kronograd/tensor";
import { createElementwise, elementwiseKernels } from "./kernels/elementwise.ts";
import { bothProducts, productKernels } from "./kernels/products.ts";
import type { Runtime } from "./runtime.ts";

export function allKernels(runtime: Runtime): Map<string, Kernel> {
  const products = bothProducts(runtime);
  const runExpressions = createElementwise(runtime);
  return new Map(
    Object.entries({
      ...elementwiseKernels(runExpressions),
      ...productKernels(runtime, products),
    }),
  );
}
