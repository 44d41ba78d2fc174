/** What a data set of the catalog is. */

import type { Dataset, FileSource } from "@kronograd/data";
import type { OptionTable } from "@kronograd/optimizers";
import type { Rng } from "@kronograd/tensor";
import type { Chosen, Entry } from "./catalog.ts";

/** What a data set is made from. */
export interface DataContext {
  /** Its rows never depend on the seed of a run: every seed and rival sees the same. */
  readonly rng: Rng;
  /** Its files, where it has any. */
  readonly files: FileSource;
}

/** One data set: a file of data/ that exports what `defineDataSet` gives. */
export interface DataSetEntry<T extends OptionTable = OptionTable> extends Entry {
  readonly kind: "data set";
  readonly options: T;
  /** Accuracy (or loss, in regression) that rivals are timed to, where nobody names one. */
  readonly target: number;
  /** Where its files are looked for unless a folder is named, and how to come by them; absent where it is made up. */
  readonly files?: { readonly folder: string; readonly help: string };
  make(options: Chosen<T>, context: DataContext): Dataset | Promise<Dataset>;
}

/** Define a data set of the catalog. */
export const defineDataSet = <T extends OptionTable>(entry: Omit<DataSetEntry<T>, "kind">): DataSetEntry<T> => ({
  kind: "data set",
  ...entry,
});

/** Whether a value was made by `defineDataSet`. */
export const isDataSet = (value: unknown): value is DataSetEntry =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "data set";
