/** Kernels of max and average pooling, float32. */

import {
  type AvgPool2dParams,
  type AvgPoolGradParams,
  type Operand,
  type Pool2dParams,
  sizeOf,
} from "@kronograd/tensor";
import { Module } from "../assembler.ts";
import {
  defineAvgPool,
  defineAvgPoolGrad,
  defineMaxPool,
  defineMaxPoolGather,
  defineMaxPoolGrad,
} from "../emit/pooling.ts";
import type { Kernels, Kit } from "../kit.ts";
import { allOf } from "../layout.ts";
import { runReference } from "../reference.ts";
import { addressOf, lazy } from "../runtime.ts";

export function poolingKernels(kit: Kit): Kernels {
  const code = lazy(() => {
    const module = new Module();
    defineMaxPool(module, "max");
    defineMaxPoolGrad(module, "maxGrad");
    defineMaxPoolGather(module, "maxGather");
    defineAvgPool(module, "average");
    defineAvgPoolGrad(module, "averageGrad");
    return kit.link<"max" | "maxGrad" | "maxGather" | "average" | "averageGrad">(module);
  });

  const geometry = (images: Operand, pooled: Operand, { kernel, stride, padding }: Pool2dParams) => {
    const [n, channels, ...size] = images.shape;
    return [n! * channels!, ...size, ...pooled.shape.slice(2), ...kernel, ...stride, ...padding];
  };
  const planesOf = ({ shape }: Operand) => [sizeOf(shape.slice(0, 2)), sizeOf(shape.slice(2))] as const;

  return {
    maxPool2d([values, indices], [x], params: Pool2dParams) {
      if (x!.dtype !== "float32") return false;
      code().max(...geometry(x!, values!, params), addressOf(kit.dense(x!)), addressOf(values!), addressOf(indices!));
      return true;
    },

    // an index outside of its plane: the reference names it
    maxPoolGrad([x], [grad, indices], params, op) {
      if (!allOf("float32", [x!, grad!])) return false;
      const [planes, size] = planesOf(x!);
      const [, places] = planesOf(grad!);
      const addresses = [addressOf(x!), addressOf(kit.dense(grad!)), addressOf(kit.dense(indices!))] as const;
      const outside = code().maxGrad(planes, size, places, ...addresses);
      if (outside > 0) runReference(kit, op, [x!], [grad!, indices!], params);
      return true;
    },

    maxPoolGather([values], [x, indices], params, op) {
      if (x!.dtype !== "float32") return false;
      const [planes, size] = planesOf(x!);
      const [, places] = planesOf(values!);
      const addresses = [addressOf(kit.dense(x!)), addressOf(values!), addressOf(kit.dense(indices!))] as const;
      const outside = code().maxGather(planes, size, places, ...addresses);
      if (outside > 0) runReference(kit, op, [values!], [x!, indices!], params);
      return true;
    },

    avgPool2d([y], [x], params: AvgPool2dParams) {
      if (x!.dtype !== "float32") return false;
      const counts = Number(params.countIncludePad);
      code().average(...geometry(x!, y!, params), counts, addressOf(kit.dense(x!)), addressOf(y!));
      return true;
    },

    avgPoolGrad([x], [grad], params: AvgPoolGradParams) {
      if (grad!.dtype !== "float32") return false;
      kit.values(x!).fill(0);
      const counts = Number(params.countIncludePad);
      code().averageGrad(...geometry(x!, grad!, params), counts, addressOf(x!), addressOf(kit.dense(grad!)));
      return true;
    },
  };
}
