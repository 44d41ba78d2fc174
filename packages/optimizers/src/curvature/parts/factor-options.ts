/** Shared by Kronecker-factored methods: their options, and the two factors of a batch. */

import type { LabelSource, LayerRecord, Reduction } from "@kronograd/autograd";
import { gram } from "@kronograd/linalg";
import type { Tensor } from "@kronograd/tensor";
import * as option from "../../options/option-kinds.ts";
import { averageStarts } from "./running-average.ts";

const labelSources: readonly LabelSource[] = ["empirical", "sampled", "exact", "randomSign"];

/** Options that methods with running averages of factors share. */
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
  norms: option.flag({
    default: false,
    help: "scales and shifts of norms are blocks, exact but for the average; else they keep their plain gradient",
  }),
  embeddings: option.flag({
    default: false,
    help: "tables are blocks of tokens ⊗ features; else they keep their plain gradient",
  }),
  start: option.choice({ choices: averageStarts, default: "first", help: "how running averages begin" }),
};

/** A [in(+1), in(+1)] and G [out, out]. */
export type Factors = { readonly A: Tensor; readonly G: Tensor };

/** The factors of the examples of a record; those of parts of a batch add up. */
export function kroneckerFactors(record: LayerRecord, reduction: Reduction): Factors {
  return { A: gram(record.rows("inputs", reduction)), G: gram(record.rows("outputGrads", reduction)) };
}
