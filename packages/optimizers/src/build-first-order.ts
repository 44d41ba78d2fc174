/** The common build of first-order optimizers: a scaling, with weight decay before it or after it. */

import { chain } from "./chain.ts";
import { Optimizer } from "./optimizer.ts";
import { type CommonOptions, commonParts } from "./options/common-options.ts";
import type { Transform } from "./transform.ts";

/**
 * Build an optimizer from its checked options and its scaling.
 *
 * @param chosen     every option of the optimizer, for `config`
 * @param scaling    the transforms that make it what it is
 * @param decoupled  put the weight decay after the scaling, where it acts on the weights alone
 */
export function firstOrder(
  name: string,
  chosen: CommonOptions,
  scaling: readonly Transform[],
  decoupled = false,
): Optimizer {
  const { decay, ...parts } = commonParts(chosen);
  return new Optimizer({
    name,
    ...parts,
    chain: chain(...(decoupled ? [...scaling, ...decay] : [...decay, ...scaling])),
  });
}
