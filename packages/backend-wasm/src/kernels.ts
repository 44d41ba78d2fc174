/** Every kernel of the backend, by op name. */

import type { Kernel } from "@kronograd/tensor";
import { bothProducts, productKernels } from "./kernels/products.ts";
import type { Runtime } from "./runtime.ts";

export function allKernels(runtime: Runtime): Map<string, Kernel> {
  const products = bothProducts(runtime);
  return new Map(Object.entries({ ...productKernels(runtime, products) }));
}
