import { layerRecord } from "@kronograd/autograd";
import { eigh } from "@kronograd/linalg/decompositions";
import { matmul, mul, normal, Rng, reshape, type Shape, scale, slice, type Tensor, transpose } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { momentsInBasis } from "./moments-in-basis.ts";

const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const orthogonal = (seed: number, n: number): Tensor => {
  const M = random(seed, [n, n]);
  return eigh(M.add(transpose(M))).vectors;
};
const basis = { A: orthogonal(1, 4), G: orthogonal(2, 2) };

/** E[(U_Gᵀ (Σ_t v uᵀ) U_A)²], example by example and label column by label column. */
function byExample(u: Tensor, columns: readonly Tensor[]): Tensor {
  const N = u.shape[0] as number;
  const row = (t: Tensor, n: number) => reshape(slice(t, [[n, n + 1]]), [-1, t.shape.at(-1) as number]); // [T, d]
  const squares = columns.flatMap((v) =>
    Array.from({ length: N }, (_, n) => {
      const rotated = matmul(transpose(basis.G), matmul(matmul(transpose(row(v, n)), row(u, n)), basis.A));
      return mul(rotated, rotated);
    }),
  );
  return scale(
    squares.reduce((total, next) => total.add(next)),
    1 / N,
  );
}

const recordOf = (input: Tensor, outputGrads: readonly Tensor[]) =>
  layerRecord({
    name: "layer",
    geometry: { kind: "dense" },
    hasBias: false,
    labels: "exact",
    uses: [{ input, outputGrads }],
  });

describe("momentsInBasis", () => {
  it("is the mean square of single examples' gradients, summed over label columns", () => {
    const [u, v, w] = [random(3, [6, 4]), random(4, [6, 2]), random(5, [6, 2])];
    expect(momentsInBasis(recordOf(u, [v]), basis)).toBeAllclose(byExample(u, [v]));
    expect(momentsInBasis(recordOf(u, [v, w]), basis)).toBeAllclose(byExample(u, [v, w]));
  });

  it("adds up positions before it squares, whatever it may hold at a time", () => {
    const [u, v, w] = [random(3, [5, 3, 4]), random(4, [5, 3, 2]), random(5, [5, 3, 2])];
    const want = byExample(u, [v, w]);
    for (const mostNumbers of [1, 16, 2 ** 22]) {
      expect(momentsInBasis(recordOf(u, [v, w]), basis, mostNumbers)).toBeAllclose(want);
    }
  });
});
