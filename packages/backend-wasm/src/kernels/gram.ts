/** The kernel of syrk, float32 and float64: the tiles of a product that meet the lower triangle, and their mirror image. */

import { byFloat } from "../dtype.ts";
import { defineCopyLowerToUpper } from "../emit/copy-lower-to-upper.ts";
import { blocksOf, defineGemm, defineParts, meetsLower } from "../emit/gemm.ts";
import { tileSize } from "../emit/tile.ts";
import { f32x4, f64x2, type Lanes } from "../engine/lanes.ts";
import { addressOf } from "../engine/runtime.ts";
import type { Kernels, Kit } from "../kit.ts";
import { cutsOf, matrixOf } from "./products.ts";

/** Float32 Gram matrices are summed in chunks of this many columns (syrk's contract in linalg). */
const gramChunk = 128;

/** The kernel of syrk, X Xᵀ: the factors and Gram matrices of curvature methods. */
export function gramKernels(kit: Kit): Kernels {
  const codeOf = (lanes: Lanes) =>
    kit.code<"syrk" | "mirror">((module) => {
      const blocks = { ...blocksOf(lanes), ...(lanes.name === "f32" && { KC: gramChunk }) };
      defineGemm(module, "syrk", lanes, defineParts(module, lanes, kit), { wanted: meetsLower, blocks });
      defineCopyLowerToUpper(module, "mirror", lanes);
    });
  const code = byFloat(codeOf(f32x4), codeOf(f64x2));
  return {
    /** X [n, k] → X Xᵀ [n, n] */
    syrk([out], [x]) {
      const products = kit.products(out!.dtype);
      if (products === null) return false;
      const { lanes, workBytes } = products;
      const [n, k] = x!.shape as [number, number];
      const { address, rowStep, columnStep } = matrixOf(x!, lanes);
      const c = addressOf(out!);
      const rowBytes = n * lanes.bytes;
      if (k === 0) kit.clear(c, n * rowBytes);
      const { syrk, mirror } = code(out!.dtype)!();
      const fork = kit.fork((n * n * k) / 2);
      const work = fork.own(products.workspace());
      // rows of the lower triangle, cut so that all have the same area
      const cuts = cutsOf(n, tileSize(lanes, kit).MR, fork.ways, (part) => Math.sqrt(part));
      fork.each(
        cuts.length - 1,
        (i, call) => {
          const [first, end] = [cuts[i]!, cuts[i + 1]!];
          const left = [address + first * rowStep, rowStep, columnStep] as const;
          const right = [address, columnStep, rowStep] as const;
          call(syrk, end - first, end, k, ...left, ...right, c + first * rowBytes, rowBytes, 0, work, first);
        },
        workBytes,
      );
      mirror(n, c);
      return true;
    },
  };
}
