/**
 * What happens when a factor cannot be inverted: its layer is refreshed again with more damping.
 *
 * The factor of each try is the square of the last: λ · 10, 10², 10⁴, … 10¹²⁸. The first tries lift eigenvalues that rounding
 * made negative; the last reach any scale of the loss, against which λ may be as nothing. The next refresh begins at the
 * scheduled λ again. λ = 0 asks for the undamped inverse and is not raised.
 */

import { NumericalError } from "@kronograd/tensor";

const tries = 8;

/**
 * Refresh a layer, with more damping where that fails.
 *
 * @param layer    for the message
 * @param refresh  the slow part of a method, at a given damping
 * @returns        the refreshed state and the damping that it took
 * @throws {NumericalError} it fails at the largest damping too; names the layer
 */
export function refreshWithDamping<S>(
  layer: string,
  damping: number,
  refresh: (damping: number) => S,
): { readonly state: S; readonly damping: number } {
  for (let attempt = 0; ; attempt++) {
    const raised = attempt === 0 ? damping : damping * 10 ** (2 ** (attempt - 1));
    try {
      return { state: refresh(raised), damping: raised };
    } catch (error) {
      if (error instanceof NumericalError && (damping === 0 || attempt === tries)) throw ofLayer(layer, error);
      if (!(error instanceof NumericalError)) throw error;
    }
  }
}

/** Say in which layer a factor could not be inverted. */
function ofLayer(layer: string, error: NumericalError): NumericalError {
  const { help, details } = error;
  const problem = error.message.slice(0, help === undefined ? -1 : -help.length - 2);
  return new NumericalError({ where: layer, problem, ...(help === undefined ? {} : { help }), details, cause: error });
}
