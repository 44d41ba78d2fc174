/** What Kronecker-factored methods share: their options, and the two factors of a batch. */

import type { LabelSource, LayerRecord, Reduction } from "@kronograd/autograd";
import { gram } from "@kronograd/linalg";
import type { Tensor } from "@kronograd/tensor";
import * as option from "../../options/option-kinds.ts";
import { described } from "../../options/options.ts";
import { startHelp, startOption } from "./start-option.ts";

const labelSources: readonly LabelSource[] = ["empirical", "sampled", "exact", "randomSign"];

/** Options that Kronecker-factored methods share, without their help. */
export const factorChecks = {
  labels: option.choice({ choices: labelSources, default: "empirical" }),
  bias: option.choice({ choices: ["joint", "separate"], default: "joint" }),
  pi: option.flag({ default: true }),
  norms: option.flag({ default: false }),
  embeddings: option.flag({ default: false }),
};

/** What they do. */
export const factorHelp = {
  labels: "labels that output gradients are taken for",
  bias: "bias in the factor, or left to its plain gradient",
  pi: "split the damping by the factors' mean eigenvalues",
  norms: "scales and shifts of norms are blocks, exact but for the average; else they keep their plain gradient",
  embeddings: "tables are blocks of tokens ⊗ features; else they keep their plain gradient",
};

// a spread is no pure expression to a bundler: it would stay in every program
const withStart = /* @__PURE__ */ Object.assign({}, factorChecks, { start: startOption });

/** Options that methods with running averages of factors share. */
export const factorOptions = /* @__PURE__ */ described(withStart, factorHelp, { start: startHelp });

/** A [in(+1), in(+1)] and G [out, out]. */
export type Factors = { readonly A: Tensor; readonly G: Tensor };

/** The factors of the examples of a record; those of parts of a batch add up. */
export function kroneckerFactors(record: LayerRecord, reduction: Reduction): Factors {
  return { A: gram(record.rows("inputs", reduction)), G: gram(record.rows("outputGrads", reduction)) };
}
