/**
 * The loss as a quadratic around the parameters: h(δ) = h + gᵀδ + ½ δᵀBδ, B the generalised Gauss–Newton matrix of the batch.
 *
 * Vectors hold all parameters by name, zero where there is no update; per-group rates are in them.
 */

import type { Parameters } from "@kronograd/autograd";
import { add, mul, scale, scope, sum, type Tensor, UsageError, zeros } from "@kronograd/tensor";
import { readsNumbers } from "./driver/numbers.ts";
import type { OracleName, Oracles } from "./oracles.ts";
import type { StepContext, Updates } from "./transform.ts";

/** Updates as a vector, times each parameter's factor on the learning rate. */
export function vectorOf(updates: Updates, { parameters, rateOf }: StepContext): Parameters {
  const parts = new Map<string, Tensor>();
  for (const update of updates.values()) {
    update.parts().forEach((part, i) => {
      const name = update.block.parameters[i] as string;
      parts.set(name, scale(part, rateOf(name)));
    });
  }
  const vector = Object.entries(parameters).map(([name, { shape, device, dtype }]) => {
    return [name, parts.get(name) ?? zeros(shape, { device, dtype })] as const;
  });
  return Object.fromEntries(vector);
}

/** The gradient that entered the chain, as a vector. */
export function gradientVector(context: StepContext): Parameters {
  return vectorOf(context.gradients, { ...context, rateOf: () => 1 });
}

/** aᵀb */
export function dot(a: Parameters, b: Parameters): number {
  const products = () => Object.keys(a).map((name) => sum(mul(a[name] as Tensor, b[name] as Tensor)));
  return scope(() => products().reduce(add).itemSync());
}

/**
 * An oracle of the step.
 *
 * @throws {UsageError}   the step brings none of that name
 * @throws {BackendError} the device is asynchronous: what is made of the oracle is read within the step
 */
export function oracleOf<K extends OracleName>(
  where: string,
  { oracles, parameters }: StepContext,
  name: K,
): NonNullable<Oracles[K]> {
  const late = Object.values(parameters).find((t) => t.device.backend.host === undefined);
  if (late !== undefined) throw readsNumbers(where, late.device.kind);
  const oracle = oracles[name];
  if (oracle !== undefined) return oracle;
  throw new UsageError({
    where,
    problem: `the step brings no oracle "${name}"`,
    help: "Pass to update() the oracles that needs(step) names; fit() does.",
    details: { oracle: name },
  });
}
