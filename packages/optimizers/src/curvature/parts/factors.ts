/** What Kronecker-factored methods share: their options, and the two factors of a batch. */

import type { LabelSource, LayerRecord, Reduction } from "@kronograd/autograd";
import { gram } from "@kronograd/linalg";
import type { Tensor } from "@kronograd/tensor";
import { option } from "../../options.ts";
import { averageStarts } from "./running-average.ts";

const labelSources: readonly LabelSource[] = ["empirical", "sampled", "exact", "randomSign"];

/** Options that Kronecker-factored methods share. */
export const factorOptions = {
  labels: option.choice({
    choices: labelSources,
    default: "empirical",
    help: "labels that output gradients are taken for",
  }),
  bias: option.choice({
    choices: ["joint", "separate"],
    default: "joint",
    help: "bias in the factor, or left to its plain gradient",
  }),
  pi: option.flag({ default: true, help: "split the damping by the factors' mean eigenvalues" }),
  start: option.choice({ choices: averageStarts, default: "first", help: "how running averages begin" }),
};

/** A [i, i] and G [o, o] of one batch. */
export function kroneckerFactors(seen: LayerRecord, reduction: Reduction): { A: Tensor; G: Tensor } {
  return { A: gram(seen.rows("inputs", reduction)), G: gram(seen.rows("outputGrads", reduction)) };
}
