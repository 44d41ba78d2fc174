/** What to try when a run has diverged: concrete numbers, from the options that it had. */

import { number } from "@kronograd/figures/format";
import type { OpenRival } from "../opening/experiment.ts";

/** Three suggestions. */
export function adviceFor({ make, name }: Pick<OpenRival, "make" | "name">): string[] {
  using optimizer = make();
  const rate = optimizer.learningRateAt(0);
  const { damping, refreshEvery, learningRate } = optimizer.config;
  const lower = `lower the learning rate: --set rivals.${name}.learningRate=${number(rate / 3, 2)}`;
  const longer = `begin with smaller steps: --set 'rivals.${name}.learningRate=warmup(100, ${learningRate})'`;
  if (damping === undefined) return [lower, longer, "use larger batches: --batch"];
  const raised = `raise the damping: --set rivals.${name}.damping=${number(10 * Number.parseFloat(String(damping)), 2)}`;
  const refresh = Math.max(1, Math.floor(Number(refreshEvery) / 5));
  return [
    raised,
    lower,
    Number(refreshEvery) > 1 ? `refresh more often: --set rivals.${name}.refreshEvery=${refresh}` : longer,
  ];
}
