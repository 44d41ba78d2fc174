/** β₁ and β₂ of Adam and its family under the names of PyTorch, optax and the papers. */

import { UsageError } from "@kronograd/tensor";

/** Other names of two options of Adam's family. */
export interface BetaAliases {
  /** Alias of `momentum`, β₁. */
  readonly beta1?: number;
  /** Alias of `decay`, β₂. */
  readonly beta2?: number;
}

interface Betas {
  readonly momentum?: number;
  readonly decay?: number;
}

/**
 * Options with `beta1` and `beta2` under our names, `momentum` and `decay`.
 *
 * @throws {UsageError} an option is given under both of its names
 */
export function betasByOurNames<T extends Betas>(where: string, options: T & BetaAliases): T {
  const { beta1, beta2, ...own } = options;
  const given = { ...own } as Record<string, unknown>;
  for (const [alias, name, value] of [
    ["beta1", "momentum", beta1],
    ["beta2", "decay", beta2],
  ] as const) {
    if (value === undefined) continue;
    if (given[name] !== undefined) {
      throw new UsageError({
        where,
        problem: `${alias} is another name of ${name}: give one of them`,
        got: [value, given[name]],
      });
    }
    given[name] = value;
  }
  return given as T;
}
