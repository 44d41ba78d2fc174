/**
 * Eva: K-FAC with its two factors replaced by the outer products of two vectors, ḡ ḡᵀ ⊗ ā āᵀ.
 *
 * Of a layer only the mean input and the mean output gradient are kept, so there is no matrix to invert: the damped inverse
 * of a matrix of rank one is a subtraction (Sherman–Morrison). It costs less than a pass over the weights, and sees no
 * curvature across the two mean directions.
 *
 *     direction = (∇W − s ḡ āᵀ) / λ,   s = ḡᵀ ∇W ā / (λ + ‖ḡ‖² ‖ā‖²)
 *
 * ā [in(+1)] mean input, with a 1 for the bias · ḡ [out] mean output gradient · running averages · ∇W [out, in(+1)]
 */

import type { LayerRecord, Side } from "@kronograd/autograd";
import { reductions } from "@kronograd/autograd";
import {
  cast,
  copy,
  div,
  frobenius2,
  mul,
  NumericalError,
  reshape,
  scale,
  shift,
  sqrt,
  sub,
  sum,
  type Tensor,
} from "@kronograd/tensor";
import { type CurvatureMethod, defineCurvature } from "../curvature-method.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import { factorOptions } from "./parts/factor-options.ts";
import { blend, decayAt } from "./parts/running-average.ts";

/** The options of `evaCurvature`. */
export const evaCurvatureOptions = {
  bias: factorOptions.bias,
  start: factorOptions.start,
  decay: option.number({
    default: 0.95,
    min: 0,
    below: 1,
    help: "ρ of the running averages of ā and ḡ; 0: the last batch alone",
  }),
};

/** ā and ḡ as rows, [1, in(+1)] and [1, out]. */
type Means = { readonly a: Tensor; readonly g: Tensor };

/** Both running means, and those of the last refresh. */
export type EvaState = { readonly batches: number; readonly means: Means | null; readonly fresh: Means | null };

/**
 * Approximate a layer's curvature by one direction. Shared positions are averaged for ā and summed for ḡ.
 *
 * @source Zhang, Shi & Li (2023), "Eva: Practical Second-order Optimization with Kronecker-vectorized Approximation", eq. 7
 * @cost update B T (i + o); refresh a copy of the means; precondition 6 i o
 * @throws {UsageError} an option out of range
 * @throws {NumericalError} (on refresh) λ is 0
 */
export function evaCurvature(options: OptionsOf<typeof evaCurvatureOptions> = {}): CurvatureMethod<EvaState, Means> {
  const { bias, start, decay } = checkOptions("eva", options, evaCurvatureOptions);
  return defineCurvature<EvaState, Means>({
    name: "eva",
    source: "Zhang, Shi & Li (2023)",
    needs: { inputs: true, outputGrads: "empirical", summed: true, bias },
    claims: ["spd", "linear", "dampingLimit", "basisInvariant", "batchInvariant", "lossScale"],

    init: () => ({ batches: 0, means: null, fresh: null }),

    statistics: {
      observe: (record) => ({ a: meanOf(record, "inputs"), g: meanOf(record, "outputGrads") }),
      join(state, { batch }) {
        const { a, g } = batch as Means;
        const batches = state.batches + 1;
        const rho = decayAt(start, decay, batches);
        return {
          ...state,
          batches,
          means: { a: blend(state.means?.a ?? null, a, rho), g: blend(state.means?.g ?? null, g, rho) },
        };
      },
    },

    refresh(state, { damping }) {
      const { a, g } = state.means as Means;
      if (damping > 0) return { ...state, fresh: { a: copy(a), g: copy(g) } };
      throw new NumericalError({
        where: "eva",
        problem: "a matrix of rank one has no inverse without damping",
        got: damping,
        help: "Raise damping above 0.",
        details: { damping },
      });
    },

    precondition({ fresh }, gradient, { damping }) {
      if (fresh === null) return gradient;
      const { a, g } = fresh;
      const V = gradient.dense();
      const outer = mul(reshape(g, [-1, 1]), a); // [o, i]
      const along = div(sum(mul(V, outer)), shift(mul(frobenius2(a), frobenius2(g)), damping)); // []
      return scale(sub(V, mul(outer, along)), 1 / damping);
    },

    inspect: ({ means }) => (means === null ? {} : { matrices: means }),

    plan(block, batch) {
      const [o, i] = block.shape as [number, number];
      return {
        form: `vectors of ${i} and ${o}`,
        flops: 6 * o * i + batch * (i + o),
        bytes: 4 * (i + o),
        precision: "float32",
      };
    },
  });
}

/** A record's share in the mean of the step's rows, which come scaled by 1/√N: [1, d]. */
function meanOf(record: LayerRecord, side: Side): Tensor {
  const total = sum(record.rows(side, reductions.reduce), 0, { keepdims: true });
  const { total: N } = record;
  return typeof N === "number" ? scale(total, 1 / Math.sqrt(N)) : div(total, sqrt(cast(N, total.dtype)));
}
