/**
 * Weight decay: u ← u + amount · w.
 *
 * Before a scaling it is *coupled*, an ℓ₂ penalty on the loss. After it it is *decoupled*: w ← w − η(u + amount · w), which
 * is AdamW. For plain SGD the two are the same.
 */

import { partsGradient } from "@kronograd/autograd";
import { UsageError, weightedSum } from "@kronograd/tensor";
import { parameterNamed, type Transform } from "../transform.ts";

/**
 * Pull weights towards zero.
 *
 * A block that does not decay keeps its form; of another, the parts are formed.
 *
 * @param amount  for all parameters, or by name: `(name) => name.endsWith(".bias") ? 0 : 5e-4`
 * @source Loshchilov & Hutter (2019), "Decoupled weight decay regularization"
 * @throws {UsageError} an amount below 0
 */
export function weightDecay(amount: number | ((parameter: string) => number)): Transform {
  const amountOf = typeof amount === "function" ? amount : () => amount;
  if (typeof amount === "number") checkAmount(amount);
  return {
    name: `weightDecay(${typeof amount === "number" ? amount : "by name"})`,
    init: () => null,
    update(updates, state, { parameters }) {
      const next = new Map(updates);
      for (const [name, gradient] of updates) {
        const { block } = gradient;
        const amounts = block.parameters.map((parameter) => checkAmount(amountOf(parameter)));
        if (amounts.every((own) => own === 0)) continue;
        const parts = gradient.parts().map((part, i) => {
          const own = amounts[i] as number;
          if (own === 0) return part;
          return weightedSum(part, parameterNamed(parameters, block.parameters[i] as string), 1, own);
        });
        next.set(name, partsGradient(block, parts));
      }
      return { updates: next, state };
    },
  };
}

function checkAmount(amount: number): number {
  if (Number.isFinite(amount) && amount >= 0) return amount;
  throw new UsageError({
    where: "weightDecay",
    problem: "amount is out of range",
    expected: "a number ≥ 0",
    got: amount,
  });
}
