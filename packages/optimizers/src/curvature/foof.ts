/**
 * FOOF, gradient descent on neurons: K-FAC with its output factor replaced by the identity, I ⊗ A.
 *
 * Of the layer's curvature only the inputs' second moment is kept, so no output gradients are captured and one matrix is
 * inverted. With squared loss a single linear layer has exactly this block (times 2/C for the mean over C outputs), and the
 * step is the one that moves the layer's outputs along their own gradient.
 *
 *     direction = ∇W (A + λI)⁻¹          A = E[ā āᵀ], running average
 *
 * ā [in(+1)] an input, with a 1 for the bias · A [in(+1), in(+1)] · ∇W [out, in(+1)]
 */

import { reductions } from "@kronograd/autograd";
import { dampedInverse, gram } from "@kronograd/linalg";
import { eigh } from "@kronograd/linalg/decompositions";
import { matmul, type Tensor } from "@kronograd/tensor";
import { type CurvatureMethod, defineCurvature } from "../curvature-method.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import { factorOptions } from "./parts/factor-options.ts";
import { blend, decayAt } from "./parts/running-average.ts";

/** The options of `foofCurvature`. */
export const foofCurvatureOptions = {
  bias: factorOptions.bias,
  start: factorOptions.start,
  decay: option.number({
    default: 0.95,
    min: 0,
    below: 1,
    help: "ρ of the running average of A; 0: the last batch alone",
  }),
  reduction: option.choice({
    choices: ["expand", "reduce"],
    default: "expand",
    help: "how positions that share the weight enter A",
  }),
};

/** The factor so far, and the inverse that the last refresh made of it. */
export type FoofState = {
  readonly batches: number;
  readonly A: Tensor | null;
  readonly inverse: Tensor | null;
};

/**
 * Approximate a layer's curvature by its inputs alone.
 *
 * @source Benzing (2022), "Gradient Descent on Neurons and its Link to Approximate Second-order Optimization", PMLR 162
 * @cost update B T i²; refresh 2⅓ i³ in float64; precondition 2 o i²
 * @throws {UsageError} an option out of range
 */
export function foofCurvature(
  options: OptionsOf<typeof foofCurvatureOptions> = {},
): CurvatureMethod<FoofState, { A: Tensor }> {
  const { bias, start, decay, reduction } = checkOptions("foof", options, foofCurvatureOptions);
  return defineCurvature<FoofState, { A: Tensor }>({
    name: "foof",
    source: "Benzing (2022)",
    needs: { inputs: true, bias },
    claims: ["spd", "linear", "dampingLimit", "basisInvariant", "batchInvariant", "equalsDenseBlock"],

    init: () => ({ batches: 0, A: null, inverse: null }),

    statistics: {
      observe: (record) => ({ A: gram(record.rows("inputs", reductions[reduction])) }),
      join(state, { batch }) {
        const { A } = batch as { A: Tensor };
        const batches = state.batches + 1;
        return { ...state, batches, A: blend(state.A, A, decayAt(start, decay, batches)) };
      },
    },

    refresh(state, { damping }) {
      return { ...state, inverse: dampedInverse(state.A as Tensor, damping) };
    },

    precondition({ inverse }, gradient) {
      return inverse === null ? gradient : matmul(gradient.dense(), inverse);
    },

    inspect: ({ A }) => (A === null ? {} : { matrices: { A }, spectra: { A: eigh(A).values } }),

    plan(block, batch) {
      const [o, i] = block.shape as [number, number];
      return {
        form: `A ${i} × ${i}`,
        flops: 2 * o * i ** 2 + batch * i ** 2,
        bytes: 2 * 4 * i ** 2,
        precision: "float32, inverse in float64",
      };
    },
  });
}
