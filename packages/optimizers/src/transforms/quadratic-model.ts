/**
 * K-FAC's learning rate and momentum from the quadratic model: with u the direction so far and v the last one taken, the
 * direction becomes αu + μv, where −(αu + μv) minimises
 *
 *     gᵀδ + ½ δᵀ(B + λI)δ,     B the generalised Gauss–Newton matrix of the batch.
 *
 * So (α, μ) solve the 2 × 2 system [uᵀCu uᵀCv; vᵀCu vᵀCv] (α, μ) = (gᵀu, gᵀv), C = B + λI. It stands at the end of a chain in
 * place of a clip and of `momentum`; the learning rate multiplies the model's step, and 1 takes it whole. Of a penalty on the
 * weights that is no part of the loss the model knows nothing.
 */

import type { Parameters } from "@kronograd/autograd";
import { scale, type Tensor, weightedSum } from "@kronograd/tensor";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import { dot, gradientVector, oracleOf, vectorOf } from "../quadratic-model.ts";
import { at } from "../schedules/schedule.ts";
import { mapParts, type StepContext, type Transform, type Updates } from "../transform.ts";

/** The options of `quadraticModel`. */
export const quadraticModelOptions = {
  damping: option.schedule({ default: 0, help: "λ of the model; within adaptiveDamping, its own" }),
};

/** The last direction, by parameter. */
export type QuadraticModelState = { readonly last: Parameters | null };

/**
 * Take the best step of the quadratic model along the direction and the last step. Reports `modelRate`, α, and
 * `modelMomentum`, μ.
 *
 * @source Martens & Grosse (2015), "Optimizing Neural Networks with Kronecker-factored Approximate Curvature", §6.4 and §7
 * @cost a forward pass and two Gauss–Newton products a step
 * @throws {UsageError} damping out of range; on update, a step without the oracle "linearized"
 * @example
 * chain(precondition(kfacCurvature(), { damping: 0.1 }), quadraticModel({ damping: 0.1 }));
 */
export function quadraticModel(options: OptionsOf<typeof quadraticModelOptions> = {}): Transform<QuadraticModelState> {
  const { damping } = checkOptions("quadraticModel", options, quadraticModelOptions);
  return {
    name: "quadraticModel",
    numbers: true,
    needs: () => ({ oracles: ["linearized"] }),
    init: () => ({ last: null }),
    update(updates, { last }, context) {
      const lambda = context.damping ?? at(damping, context.step);
      const { alpha, mu } = solve(updates, last, lambda, context);
      context.report("modelRate", alpha);
      context.report("modelMomentum", mu);
      const next: Record<string, Tensor> = { ...last };
      const directions = mapParts(updates, (part, name) => {
        const before = last?.[name];
        const direction = before === undefined ? scale(part, alpha) : weightedSum(part, before, alpha, mu);
        next[name] = direction;
        return direction;
      });
      return { updates: directions, state: { last: next } };
    },
  };
}

/** α and μ. Where the model is flat along u there is no best step and u is taken as it is. */
function solve(updates: Updates, last: Parameters | null, lambda: number, context: StepContext) {
  const linearized = oracleOf("quadraticModel", context, "linearized")();
  const ggnvp = (v: Parameters) => linearized.ggnvp([v])[0] as Parameters;
  const gradient = gradientVector(context);
  const curvature = (a: Parameters, b: Parameters, Bb: Parameters) => dot(a, Bb) + lambda * dot(a, b);
  const u = vectorOf(updates, context);
  const Bu = ggnvp(u);
  const [uu, gu] = [curvature(u, u, Bu), dot(gradient, u)];
  const alone = { alpha: uu > 0 ? gu / uu : 1, mu: 0 };
  if (last === null) return alone;
  const v = Object.fromEntries(Object.entries(u).map(([name, part]) => [name, rated(last[name], name, part, context)]));
  const [uv, vv, gv] = [curvature(v, u, Bu), curvature(v, v, ggnvp(v)), dot(gradient, v)];
  const determinant = uu * vv - uv ** 2;
  if (!(determinant > dependent * uu * vv)) return alone; // u and v are one direction
  return { alpha: (vv * gu - uv * gv) / determinant, mu: (uu * gv - uv * gu) / determinant };
}

/** sin² of the angle, in the model's metric, below which a second direction adds nothing but rounding. */
const dependent = 1e-6;

function rated(part: Tensor | undefined, name: string, like: Tensor, { rateOf }: StepContext): Tensor {
  return scale(part ?? like, part === undefined ? 0 : rateOf(name));
}
