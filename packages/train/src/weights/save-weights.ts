/**
 * Weights as a file: a safetensors file with a tensor for each parameter and buffer by its full name, and the model's
 * structure in the metadata. Any tool that knows the format reads them.
 */

import { type HostArray, writeSafetensors } from "@kronograd/data";
import { buffers, type Layer, modelStructure, parameters } from "@kronograd/layers";
import type { Tensor, Tree } from "@kronograd/tensor";
import { digestOf } from "../checkpoint-tree.ts";

/** The metadata's key for the version of this format, and that version. */
export const weightsFormat = { key: "kronograd.weights", version: "1" } as const;

/** Options of `saveWeights`. */
export interface SaveWeightsOptions {
  /** Further text for the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Values to write in place of the model's own, by full name: averages of the weights, for example. */
  readonly values?: Readonly<Record<string, Tensor>>;
}

/**
 * Write a model's parameters and buffers as the bytes of a safetensors file; equal weights give equal bytes.
 *
 * The metadata holds the model's structure as JSON under "model" (see `modelStructure`), and a checksum. Waits for the device.
 *
 * @throws {UsageError} the model is not initialized
 * @example
 * const bytes = await saveWeights(mlp([2, 3], { rng: new Rng(0) }));
 * [...readSafetensors(bytes).tensors.keys()];   // ["dense1.bias", "dense1.weight"]
 */
export async function saveWeights(
  model: Layer<Tree>,
  { metadata = {}, values = {} }: SaveWeightsOptions = {},
): Promise<Uint8Array> {
  const json = JSON.stringify(modelStructure(model));
  const reads = Object.entries({ ...parameters(model), ...buffers(model), ...values }).map(
    async ([name, t]): Promise<[string, HostArray]> => [name, { data: await t.data(), shape: t.shape }],
  );
  const tensors = new Map(await Promise.all(reads));
  const own = { [weightsFormat.key]: weightsFormat.version, model: json, sha256: digestOf({ json, tensors }) };
  return writeSafetensors(tensors, new Map(Object.entries({ ...metadata, ...own })));
}
