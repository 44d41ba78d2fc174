/** References on the host of a device that must be waited for: what they throw reaches the caller with a later read. */

import { NumericalError } from "../errors.ts";
import type { HostOperand } from "../layout/operand.ts";

/** The first thing that went wrong behind the caller's back since it was last asked for. */
export class HostFaults {
  #fault: unknown;

  /** Keep it, unless an earlier one waits to be told. */
  keep(fault: unknown): void {
    this.#fault ??= fault;
  }

  /** Give it out, and forget it. */
  take(): unknown {
    const fault = this.#fault;
    this.#fault = undefined;
    return fault;
  }
}

/**
 * Run reference loops that nobody waits for. Where they throw, float outputs are NaN, which goes on through all that reads them.
 *
 * @returns a NumericalError, which belongs to the outputs and rejects their reads; any other error is kept by `faults`
 */
export function runOnHost(
  reference: (outputs: readonly HostOperand[], inputs: readonly HostOperand[]) => void,
  outputs: readonly HostOperand[],
  inputs: readonly HostOperand[],
  faults: HostFaults,
): NumericalError | undefined {
  try {
    reference(outputs, inputs);
    return undefined;
  } catch (error) {
    for (const { dtype, data } of outputs) if (dtype !== "int32") data.fill(Number.NaN);
    if (error instanceof NumericalError) return error;
    faults.keep(error);
    return undefined;
  }
}
