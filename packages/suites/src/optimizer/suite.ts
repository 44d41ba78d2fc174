/** The suite of every optimizer. */

import { describe, it } from "vitest";
import { type MakeOptimizer, optimizerStatements } from "./checks.ts";

/** What does not hold of an optimizer by design. */
export interface OptimizerSuiteOptions {
  /** Whether steps are linear in the learning rate (default); not so where a clip depends on it. */
  readonly linear?: boolean;
  /** Whether its defaults have weight decay; it is then switched off where a statement wants none. Default false. */
  readonly decays?: boolean;
}

/**
 * Test an optimizer.
 *
 * @example
 * optimizerSuite("adam", adam);
 */
export function optimizerSuite(
  name: string,
  make: MakeOptimizer,
  { linear = true, decays = false }: OptimizerSuiteOptions = {},
): void {
  describe(`optimizer ${name}`, () => {
    for (const statement of optimizerStatements) {
      if (linear || statement.linear !== true) {
        const undecayed = statement.undecayed === true && decays;
        it(statement.says, () => statement.check(undecayed ? () => make({ weightDecay: 0 }) : make));
      }
    }
  });
}
