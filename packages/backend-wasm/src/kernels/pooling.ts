/** Kernels of max and average pooling, float32. */

import {
  type AvgPool2dParams,
  type AvgPoolGradParams,
  type Operand,
  type Pool2dParams,
  sizeOf,
} from "@kronograd/tensor";
import { isFloat32 } from "@kronograd/tensor/kernel";
import {
  defineAvgPool,
  defineAvgPoolGrad,
  defineMaxPool,
  defineMaxPoolGather,
  defineMaxPoolGrad,
} from "../emit/pooling.ts";
import { addressOf, inShares } from "../engine/runtime.ts";
import type { Kernels, Kit } from "../kit.ts";
import { runReference } from "../reference.ts";
import type { Callee } from "../threads/board.ts";

/** Kernels of max and average pooling and their gradients. */
export function poolingKernels(kit: Kit): Kernels {
  const code = kit.code<"max" | "maxGrad" | "maxGather" | "average" | "averageGrad">((module) => {
    defineMaxPool(module, "max");
    defineMaxPoolGrad(module, "maxGrad");
    defineMaxPoolGather(module, "maxGather");
    defineAvgPool(module, "average");
    defineAvgPoolGrad(module, "averageGrad");
  });

  const geometry = (images: Operand, pooled: Operand, { kernel, stride, padding }: Pool2dParams) => {
    const [, , ...size] = images.shape;
    return [...size, ...pooled.shape.slice(2), ...kernel, ...stride, ...padding];
  };
  const planeOf = ({ shape }: Operand) => sizeOf(shape.slice(2));

  /**
   * Call a function for shares of the planes, `cost` operations each: with their number, some numbers, and the addresses of
   * each operand's first one.
   *
   * @returns the sum of what it gives back
   */
  const overPlanes = (f: Callee, cost: number, numbers: readonly number[], ...operands: Operand[]) => {
    const planes = sizeOf(operands[0]!.shape.slice(0, 2));
    const addresses = operands.map((own) => [addressOf(own), 4 * planeOf(own)] as const);
    return inShares(kit.fork(planes * cost), planes, (first, count, call) =>
      call(f, count, ...numbers, ...addresses.map(([start, bytes]) => start + first * bytes)),
    );
  };

  return {
    maxPool2d([values, indices], [x], params: Pool2dParams) {
      if (x!.dtype !== "float32") return false;
      const cost = 4 * planeOf(values!) * sizeOf(params.kernel);
      overPlanes(code().max, cost, geometry(x!, values!, params), kit.dense(x!), values!, indices!);
      return true;
    },

    // an index outside of its plane: the reference names it
    maxPoolGrad([x], [grad, indices], params, op) {
      if (!isFloat32(x, grad)) return false;
      const [size, places] = [planeOf(x!), planeOf(grad!)];
      const cost = 2 * size + 4 * places;
      const outside = overPlanes(code().maxGrad, cost, [size, places], x!, kit.dense(grad!), kit.dense(indices!));
      return outside === 0 || runReference(kit, op, [x!], [grad!, indices!], params);
    },

    maxPoolGather([values], [x, indices], params, op) {
      if (x!.dtype !== "float32") return false;
      const [size, places] = [planeOf(x!), planeOf(values!)];
      const operands = [kit.dense(x!), values!, kit.dense(indices!)];
      const outside = overPlanes(code().maxGather, 4 * places, [size, places], ...operands);
      return outside === 0 || runReference(kit, op, [values!], [x!, indices!], params);
    },

    avgPool2d([y], [x], params: AvgPool2dParams) {
      if (x!.dtype !== "float32") return false;
      const window = [...geometry(x!, y!, params), Number(params.countIncludePad)];
      overPlanes(code().average, 4 * planeOf(y!) * sizeOf(params.kernel), window, kit.dense(x!), y!);
      return true;
    },

    avgPoolGrad([x], [grad], params: AvgPoolGradParams) {
      if (grad!.dtype !== "float32") return false;
      kit.clear(addressOf(x!), 4 * sizeOf(x!.shape));
      const window = [...geometry(x!, grad!, params), Number(params.countIncludePad)];
      overPlanes(code().averageGrad, 4 * planeOf(grad!) * sizeOf(params.kernel), window, x!, kit.dense(grad!));
      return true;
    },
  };
}
