/** What a loss of the catalog is. */

import type { Loss } from "@kronograd/autograd";
import type { OptionTable } from "@kronograd/optimizers";
import type { Chosen, Entry } from "./catalog.ts";

/** One loss: a file of losses/ that exports what `defineLoss` gives. */
export interface LossEntry<T extends OptionTable = OptionTable> extends Entry {
  readonly kind: "loss";
  readonly options: T;
  /** What it is a loss of. */
  readonly task: "classification" | "regression";
  make(options: Chosen<T>): Loss;
}

/** Define a loss of the catalog. */
export const defineLoss = <T extends OptionTable>(entry: Omit<LossEntry<T>, "kind">): LossEntry<T> => ({
  kind: "loss",
  ...entry,
});

/** Whether a value was made by `defineLoss`. */
export const isLoss = (value: unknown): value is LossEntry =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "loss";
