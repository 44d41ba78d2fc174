/** Dropout. */

import { generate, mul, type Tensor, UsageError } from "@kronograd/tensor";
import type { Layer, Mode } from "../layer.ts";
import { checkRate } from "../parts/checks.ts";
import { identity } from "./identity.ts";

/**
 * In training, set each value to 0 with probability `rate` and divide the others by 1 − rate; pass x on in evaluation.
 *
 * @throws {UsageError} rate is not in [0, 1); in the forward pass: training without `mode.rng`
 * @source Srivastava et al. (2014), with the scaling done in training
 * @example
 * new Sequential([new Dense({ in: 4, out: 64 }), relu(), dropout(0.5), new Dense({ in: 64, out: 2 })]);
 */
export function dropout(rate: number): Layer {
  checkRate("dropout", "rate", rate);
  return {
    kind: "dropout",
    options: { rate },
    forward: (x, mode) => (mode.training && rate > 0 ? mul(x, mask(x, rate, mode)) : identity().forward(x, mode)),
  };
}

function mask({ shape, device, dtype }: Tensor, rate: number, { rng }: Mode): Tensor {
  if (rng === undefined) {
    throw new UsageError({
      where: "dropout",
      problem: "training draws random numbers, and the mode has no rng",
      help: "Call forward(x, { training: true, rng }), with another fork of rng for each step.",
    });
  }
  const stream = rng.fork("mask"); // the mode's own stream does not advance: the same pass gives the same mask
  const kept = 1 / (1 - rate);
  return generate(shape, { device, dtype }, () => (stream.uniform() < rate ? 0 : kept));
}
