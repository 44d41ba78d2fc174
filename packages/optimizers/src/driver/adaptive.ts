/** Damping that adapts itself, as the value of an optimizer's `damping`. */

import { checkOptions, type OptionsOf } from "../options/options.ts";
import { adaptiveDampingOptions } from "./adaptive-damping.ts";

/** Result of `adaptive`. */
export interface Adaptive extends Readonly<Required<OptionsOf<typeof adaptiveDampingOptions>>> {
  readonly kind: "adaptive";
  /** As it stands in a run.json: "adaptive(0.03)", with `every` and `least` where they are not the usual ones. */
  toString(): string;
}

/**
 * Let λ follow how well the quadratic model foretells the loss: `adaptiveDamping` around the whole chain.
 *
 * @throws {UsageError} an option out of range
 * @example
 * kfac({ damping: adaptive({ from: 1 }) });
 */
export function adaptive(options: OptionsOf<typeof adaptiveDampingOptions> = {}): Adaptive {
  const chosen = checkOptions("adaptive", options, adaptiveDampingOptions);
  return { kind: "adaptive", ...chosen, toString: () => text(chosen) };
}

/** Whether a value was made by `adaptive`. */
export const isAdaptive = (value: unknown): value is Adaptive =>
  typeof value === "object" && (value as Adaptive | null)?.kind === "adaptive";

function text({ from, every, least }: Pick<Adaptive, "from" | "every" | "least">): string {
  const values = [from, every, least];
  const usual = [null, adaptiveDampingOptions.every.default, adaptiveDampingOptions.least.default];
  while (values.at(-1) === usual[values.length - 1]) values.pop();
  return `adaptive(${values.join(", ")})`;
}
