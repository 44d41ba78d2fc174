/**
 * EKFAC: K-FAC's eigenbasis with the true second moments in it.
 *
 * In the basis U_G ⊗ U_A of the Kronecker factors, K-FAC takes w_G w_Aᵀ for the curvature along each direction. EKFAC measures
 * it: S = E[(U_Gᵀ ∇W_n U_A)²] over the gradients ∇W_n of single examples. Of all matrices diagonal in that basis it is the
 * nearest to the block in Frobenius norm, so it is never farther than K-FAC. The basis is slow to change and is refreshed
 * rarely; S is cheap and follows between.
 *
 *     direction = U_G [(U_Gᵀ ∇W U_A) / (S + λ)] U_Aᵀ
 *
 * A [in(+1), in(+1)] · G [out, out] · U_A, U_G their eigenvectors by columns · S, ∇W [out, in(+1)]
 */

import { reductions } from "@kronograd/autograd";
import { eigh } from "@kronograd/linalg/decompositions";
import { cast, div, matmul, mul, reshape, shift, type Tensor, transpose } from "@kronograd/tensor";
import { type CurvatureMethod, defineCurvature } from "../curvature-method.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import { type Factors, factorOptions, kroneckerFactors } from "./parts/factor-options.ts";
import { momentsInBasis } from "./parts/moments-in-basis.ts";
import { blend, decayAt } from "./parts/running-average.ts";

const { pi: _, ...sharedOptions } = factorOptions;

/** The options of `ekfacCurvature`. */
export const ekfacCurvatureOptions = {
  ...sharedOptions,
  decay: option.number({
    default: 0.95,
    min: 0,
    below: 1,
    help: "ρ of the running averages of A, G and S; 0: the last batch alone",
  }),
  reduction: option.choice({
    choices: ["expand", "reduce"],
    default: "expand",
    help: "how shared positions enter the basis",
  }),
};

/** The factors so far, the basis of the last refresh, and the second moments in it. */
export type EkfacState = {
  readonly batches: number;
  readonly A: Tensor | null;
  readonly G: Tensor | null;
  readonly basis: { readonly A: Tensor; readonly G: Tensor } | null;
  /** [out, in(+1)]; K-FAC's w_G w_Aᵀ until the first refinement in this basis. */
  readonly S: Tensor | null;
  /** Refinements in this basis. */
  readonly refined: number;
};

/**
 * Approximate a layer's curvature by the best diagonal in K-FAC's eigenbasis.
 *
 * @source George et al. (2018), "Fast Approximate Natural Gradient Descent in a Kronecker-factored Eigenbasis", Algorithm 1
 * @cost update B T (i² + o²); refresh 9 (i³ + o³) in float64; refine 2 B T (i² + o²) + 2 B i o (more with shared positions:
 *   2 B T i o); precondition 4 i o (i + o)
 * @throws {UsageError} an option out of range
 */
export function ekfacCurvature(
  options: OptionsOf<typeof ekfacCurvatureOptions> = {},
): CurvatureMethod<EkfacState, Factors, { S: Tensor }> {
  const { labels, bias, norms, embeddings, start, decay, reduction } = checkOptions(
    "ekfac",
    options,
    ekfacCurvatureOptions,
  );
  return defineCurvature<EkfacState, Factors, { S: Tensor }>({
    name: "ekfac",
    source: "George et al. (2018)",
    needs: { inputs: true, outputGrads: labels, gradient: "dense", bias, norms, embeddings },
    claims: ["spd", "linear", "dampingLimit", "basisInvariant", "batchInvariant", "lossScale", "equalsDenseBlock"],

    init: () => ({ batches: 0, A: null, G: null, basis: null, S: null, refined: 0 }),

    statistics: {
      observe: (record) => kroneckerFactors(record, reductions[reduction]),
      join(state, { batch }) {
        const { A, G } = batch as Factors;
        const batches = state.batches + 1;
        const rho = decayAt(start, decay, batches);
        return { ...state, batches, A: blend(state.A, A, rho), G: blend(state.G, G, rho) };
      },
    },

    refresh(state) {
      const { A, G } = state as { A: Tensor; G: Tensor };
      const [a, g] = [eigh(cast(A, "float64")), eigh(cast(G, "float64"))];
      const product = mul(reshape(g.values, [-1, 1]), reshape(a.values, [1, -1])); // [o, i]
      const basis = { A: cast(a.vectors, A.dtype), G: cast(g.vectors, G.dtype) };
      return { ...state, basis, S: cast(product, A.dtype), refined: 0 };
    },

    refinement: {
      readsState: true,
      observe: (record, _, { basis }) => ({ S: momentsInBasis(record, basis as Factors) }),
      join(state, { batch }) {
        const { S } = batch as { S: Tensor };
        const refined = state.refined + 1;
        return { ...state, refined, S: blend(state.S, S, decayAt(start, decay, refined)) };
      },
    },

    precondition({ basis, S }, gradient, { damping }) {
      if (basis === null || S === null) return gradient;
      const rotated = matmul(transpose(basis.G), matmul(gradient.dense(), basis.A)); // [o, i]
      return matmul(basis.G, matmul(div(rotated, shift(S, damping)), transpose(basis.A)));
    },

    inspect({ A, G, S }) {
      if (A === null || G === null) return {};
      return { matrices: { A, G, ...(S === null ? {} : { S }) }, spectra: { A: eigh(A).values, G: eigh(G).values } };
    },

    plan(block, batch) {
      const [o, i] = block.shape as [number, number];
      return {
        form: `basis ${o} × ${o} ⊗ ${i} × ${i}, diagonal ${o} × ${i}`,
        flops: 4 * i * o * (i + o) + batch * (i ** 2 + o ** 2),
        bytes: 4 * (2 * (i ** 2 + o ** 2) + i * o),
        precision: "float32, eigenvectors in float64",
      };
    },
  });
}
