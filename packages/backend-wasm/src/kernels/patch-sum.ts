/** Kernel of patchSum, float32: what SKFAC's reductions need of a convolution's input, without padding or patches. */

import { type Col2imParams, outputSize, sizeOf } from "@kronograd/tensor";
import { columnsAtOnce, definePatchSum } from "../emit/patch-sum.ts";
import { addressOf, inShares } from "../engine/runtime.ts";
import type { Kernels, Kit } from "../kit.ts";
import type { Call } from "../threads/pool.ts";

const bytes = 4;

/** The kernel of patchSum, with which SKFAC reads the input of a convolution. */
export function patchSumKernels(kit: Kit): Kernels {
  const code = kit.code<"patchSum">((module) => {
    definePatchSum(module, "patchSum");
  });

  return {
    patchSum([out], [x], window: Omit<Col2imParams, "size">) {
      if (x!.dtype !== "float32") return false;
      const { kernel, stride, padding, dilation } = window;
      const [, , h, w] = x!.shape as [number, number, number, number];
      const places = outputSize("patchSum", [h, w], window);
      /** Where each kernel row (column) meets its first image row (column), in bytes, and how many it meets. */
      const meetings = (axis: 0 | 1, size: number, step: number): number => {
        const block = kit.temporary("int32", [2 * kernel[axis]]);
        const entries = kit.values(block);
        for (let tap = 0; tap < kernel[axis]; tap++) {
          const start = tap * dilation[axis] - padding[axis];
          const first = Math.max(0, Math.ceil(-start / stride[axis]));
          const end = Math.min(places[axis], Math.ceil((size - start) / stride[axis]));
          entries[2 * tap] = (start + first * stride[axis]) * step;
          entries[2 * tap + 1] = Math.max(0, end - first);
        }
        return addressOf(block);
      };
      const images = addressOf(kit.dense(x!));
      const tables = [meetings(0, h, w * bytes), meetings(1, w, bytes)] as const;
      const steps = [stride[0] * w * bytes, stride[1] * bytes] as const;
      const planes = sizeOf(x!.shape.slice(0, 2));
      const perPlane = kernel[0] * kernel[1];
      const { patchSum } = code();
      const fork = kit.fork(planes * h * w * 2 * kernel[0]);
      const ownBytes = Math.ceil((w + columnsAtOnce) / 16) * 64 + 64; // no cache line is two threads'
      const scratch = fork.own(addressOf(kit.temporary("float32", [(fork.ways * ownBytes) / bytes])));
      const share = (first: number, count: number, call: Call) => {
        const [from, to] = [images + first * h * w * bytes, addressOf(out!) + first * perPlane * bytes];
        call(patchSum, count, w, h * w * bytes, ...kernel, ...tables, ...steps, from, scratch, to);
      };
      inShares(fork, planes, share, ownBytes);
      return true;
    },
  };
}
