/**
 * Raised damping: where a factor cannot be inverted, its block is refreshed again with more damping.
 *
 * λ · 10, 10², 10⁴ and 10⁸ are tried until one does. Between that and the last that did not, the exponent is bisected, so the
 * damping taken is less than ten times what is needed. The first tries lift eigenvalues that rounding made negative, the last
 * reach large scales of the loss, against which λ is small; past 10⁸ an inverse underflows float32. A block that fails there
 * too keeps its plain gradient until it is refreshed again, at the scheduled λ. λ = 0 asks for the undamped inverse and is not raised.
 */

import { NumericalError } from "@kronograd/tensor";

/** Powers of ten that are tried. */
const exponents = [1, 2, 4, 8];

/** A refreshed state and the damping it took; null where no damping did. */
export type Refreshed<S> = { readonly state: S; readonly damping: number } | null;

/**
 * Refresh a block, with more damping where that fails.
 *
 * @param block    for the message
 * @param refresh  the slow part of a method, at a given damping
 * @throws {NumericalError} it fails at λ = 0; names the block
 */
export function refreshWithDamping<S>(block: string, damping: number, refresh: (damping: number) => S): Refreshed<S> {
  const attempt = (exponent: number): Refreshed<S> => {
    const raised = exponent === 0 ? damping : damping * 10 ** exponent;
    try {
      return { state: refresh(raised), damping: raised };
    } catch (error) {
      if (!(error instanceof NumericalError)) throw error;
      if (damping === 0) throw ofBlock(block, error);
      return null;
    }
  };
  let failed = 0;
  let made = attempt(0);
  for (const exponent of exponents) {
    if (made !== null) break;
    made = attempt(exponent);
    if (made === null) {
      failed = exponent;
      continue;
    }
    for (let enough = exponent; enough - failed > 1; ) {
      const middle = (failed + enough) / 2;
      const less = attempt(middle);
      if (less === null) failed = middle;
      else [made, enough] = [less, middle];
    }
  }
  return made;
}

/** Say in which block a factor could not be inverted. */
function ofBlock(block: string, error: NumericalError): NumericalError {
  const { help, details } = error;
  const problem = error.message.slice(0, help === undefined ? -1 : -help.length - 2);
  return new NumericalError({ where: block, problem, ...(help === undefined ? {} : { help }), details, cause: error });
}
