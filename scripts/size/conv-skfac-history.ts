/** The same program with the columns of earlier batches, as `skfac()` has them by default, and plain momentum. */
import { columnHistory, leanSkfac, preconditionPlainly, someExamples } from "@kronograd/optimizers/lean";
import { refreshEvery, trainConvNet as train } from "./conv-skfac.ts";
import type { Batch } from "./conv-skfac-preset.ts";

/** Train on each batch once and return the losses. */
export function trainConvNet(batches: Iterable<Batch>): number[] {
  const method = leanSkfac({ refreshEvery }, { history: columnHistory() });
  return train(batches, preconditionPlainly(method, { every: refreshEvery, examples: someExamples(64) }));
}
