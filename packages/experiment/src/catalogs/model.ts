/** What a model of the catalog is. */

import type { Layer } from "@kronograd/layers";
import type { OptionTable } from "@kronograd/optimizers";
import type { Device, Dtype, Rng } from "@kronograd/tensor";
import type { Chosen, Entry } from "./catalog.ts";

/** What a model is made for, and from. The default export of a user's file is called with this. */
export interface ModelContext {
  /** Shape of one example. */
  readonly inputShape: readonly number[];
  /** Classes, or numbers to predict. */
  readonly outputs: number;
  readonly rng: Rng;
  readonly device: Device;
  readonly dtype: Dtype;
}

/** One model: a file of models/ that exports what `defineModel` gives. */
export interface ModelEntry<T extends OptionTable = OptionTable> extends Entry {
  readonly kind: "model";
  readonly options: T;
  /** How it is written; with a colon where it takes widths: "mlp:128,64". */
  readonly form: string;
  /** Whether it wants images [channels, height, width]. */
  readonly images: boolean;
  make(context: ModelContext, options: Chosen<T> & { readonly widths: readonly number[] }): Layer;
}

/** Define a model of the catalog. */
export const defineModel = <T extends OptionTable>(entry: Omit<ModelEntry<T>, "kind">): ModelEntry<T> => ({
  kind: "model",
  ...entry,
});

/** Whether a value was made by `defineModel`. */
export const isModel = (value: unknown): value is ModelEntry =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "model";
