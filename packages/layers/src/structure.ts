/** The structure of a model as plain data: for files of weights, checkpoints and messages. */

import type { Shape, Tree } from "@kronograd/tensor";
import type { Layer } from "./layer.ts";
import { layersOf } from "./model-tree.ts";

/** One layer of a model. */
export interface StructureRow {
  /** Full name in the model, "block1.conv2". */
  readonly name: string;
  readonly kind: string;
  /** Its options, as far as they are plain data; functions, tensors and other layers are left out. */
  readonly options: PlainOptions;
  /** Shapes of its own parameters and buffers. */
  readonly tensors: Readonly<Record<string, Shape>>;
}

/** Data that JSON knows. */
export type Plain = number | string | boolean | null | readonly Plain[] | PlainOptions;

/** Options as JSON knows them. */
export interface PlainOptions {
  readonly [name: string]: Plain;
}

/**
 * List every layer of a model, parents first, with its kind, its options and the shapes of its tensors.
 *
 * @throws {UsageError} the model is not initialized
 * @example
 * modelStructure(new Sequential([leakyRelu(0.2)]))[1]?.options;   // { slope: 0.2 }
 */
export function modelStructure(model: Layer<Tree>): StructureRow[] {
  return [...layersOf(model)].map(([name, layer]) => ({
    name,
    kind: layer.kind,
    options: (plain(layer.options ?? {}) as PlainOptions | undefined) ?? {},
    tensors: Object.fromEntries(
      Object.entries({ ...layer.parameters?.(), ...layer.buffers?.() }).map(([own, { shape }]) => [own, shape]),
    ),
  }));
}

/** A value as plain data; undefined where it is none. */
function plain(value: unknown): Plain | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.map((item) => plain(item) ?? null);
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  if (typeof (value as Partial<Layer>).forward === "function") return undefined;
  const entries = Object.entries(value).map(([name, item]) => [name, plain(item)] as const);
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, Plain] => entry[1] !== undefined));
}
