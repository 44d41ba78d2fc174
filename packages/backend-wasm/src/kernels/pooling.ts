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
import { addressOf, inShares, lazy } from "../runtime.ts";
import type { Callee } from "../threads/board.ts";

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
    const [, , ...size] = images.shape;
    return [...size, ...pooled.shape.slice(2), ...kernel, ...stride, ...padding];
  };
  /**
   * Call a function for shares of the planes: `operands` for `count` of them from `first` on, `cost` operations each.
   * @returns the sum of what it gives back
   */
  const overPlanes = (
    planes: number,
    cost: number,
    operands: (first: number, count: number) => number[],
    f: Callee,
  ) => {
    const fork = kit.fork(planes * cost);
    return inShares(fork, planes, (first, count, call) => call(f, ...operands(first, count)));
  };

  const planesOf = ({ shape }: Operand) => [sizeOf(shape.slice(0, 2)), sizeOf(shape.slice(2))] as const;

  return {
    maxPool2d([values, indices], [x], params: Pool2dParams) {
      if (x!.dtype !== "float32") return false;
      const [planes, size] = planesOf(x!);
      const [, places] = planesOf(values!);
      const [from, to, indexTo] = [addressOf(kit.dense(x!)), addressOf(values!), addressOf(indices!)];
      const operands = (first: number, count: number) => [
        count,
        ...geometry(x!, values!, params),
        from + 4 * first * size,
        to + 4 * first * places,
        indexTo + 4 * first * places,
      ];
      overPlanes(planes, 4 * places * sizeOf(params.kernel), operands, code().max);
      return true;
    },

    // an index outside of its plane: the reference names it
    maxPoolGrad([x], [grad, indices], params, op) {
      if (!allOf("float32", [x!, grad!])) return false;
      const [planes, size] = planesOf(x!);
      const [, places] = planesOf(grad!);
      const [to, from, indexFrom] = [addressOf(x!), addressOf(kit.dense(grad!)), addressOf(kit.dense(indices!))];
      const operands = (first: number, count: number) => [
        count,
        size,
        places,
        to + 4 * first * size,
        from + 4 * first * places,
        indexFrom + 4 * first * places,
      ];
      const outside = overPlanes(planes, 2 * size + 4 * places, operands, code().maxGrad);
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
      const [planes, size] = planesOf(x!);
      const [, places] = planesOf(y!);
      const [from, to] = [addressOf(kit.dense(x!)), addressOf(y!)];
      const window = [...geometry(x!, y!, params), Number(params.countIncludePad)];
      const operands = (first: number, count: number) => [
        count,
        ...window,
        from + 4 * first * size,
        to + 4 * first * places,
      ];
      overPlanes(planes, 4 * places * sizeOf(params.kernel), operands, code().average);
      return true;
    },

    avgPoolGrad([x], [grad], params: AvgPoolGradParams) {
      if (grad!.dtype !== "float32") return false;
      kit.clear(addressOf(x!), 4 * sizeOf(x!.shape));
      const [planes, size] = planesOf(x!);
      const [, places] = planesOf(grad!);
      const [to, from] = [addressOf(x!), addressOf(kit.dense(grad!))];
      const window = [...geometry(x!, grad!, params), Number(params.countIncludePad)];
      const operands = (first: number, count: number) => [
        count,
        ...window,
        to + 4 * first * size,
        from + 4 * first * places,
      ];
      overPlanes(planes, 4 * places * sizeOf(params.kernel), operands, code().averageGrad);
      return true;
    },
  };
}
