/** Second moments of single examples' gradients along the axes of a Kronecker basis: the spectrum of EKFAC. */

import type { LayerRecord } from "@kronograd/autograd";
import { perExample } from "@kronograd/autograd";
import { add, matmul, mul, permute, reshape, scale, slice, sum, type Tensor, transpose } from "@kronograd/tensor";

/**
 * E[(U_Gᵀ ∇W_n U_A)²] over examples, summed over label columns.
 *
 * @param mostNumbers  of single examples' gradients to hold at a time, where positions share the weight (16 MB in float32)
 * @returns            [out, in(+1)]
 */
export function momentsInBasis(
  seen: LayerRecord,
  basis: { readonly A: Tensor; readonly G: Tensor },
  mostNumbers = 2 ** 22,
): Tensor {
  const { inputs, outputGrads } = perExample(seen); // [N, T, i], [L, N, T, o]
  const [N, T, i] = inputs.shape as [number, number, number];
  const [L, , , o] = outputGrads.shape as [number, number, number, number];
  const u = matmul(inputs, basis.A); // [N, T, i]
  const v = matmul(outputGrads, basis.G); // [L, N, T, o]
  if (T === 1) {
    const rows = sum(reshape(mul(v, v), [L, N, o]), 0); // [N, o]: Σ over columns, as they share the inputs
    return scale(matmul(transpose(rows), reshape(mul(u, u), [N, i])), 1 / N);
  }
  const chunk = Math.max(1, Math.floor(mostNumbers / (o * i)));
  const parts: Tensor[] = [];
  for (let column = 0; column < L; column++) {
    for (let from = 0; from < N; from += chunk) {
      const rows: [number, number] = [from, Math.min(N, from + chunk)];
      const g = reshape(slice(v, [[column, column + 1], rows]), [-1, T, o]);
      const gradients = matmul(permute(g, [0, 2, 1]), slice(u, [rows])); // [chunk, o, i]
      parts.push(sum(mul(gradients, gradients), 0));
    }
  }
  return scale(
    parts.reduce((total, part) => add(total, part)),
    1 / N,
  );
}
