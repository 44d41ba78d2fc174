/**
 * Weights from a file into a model: a file of `saveWeights`, a checkpoint of `fit`, or any safetensors file.
 *
 * Everything is compared before anything is written, and an error lists all that does not fit.
 */

import { type HostArray, readSafetensors, type Safetensors } from "@kronograd/data";
import { buffers, type Layer, parameters } from "@kronograd/layers";
import {
  CheckpointError,
  DataError,
  dtypeOf,
  nearest,
  sameShape,
  type Tensor,
  type Tree,
  typedArray,
  write,
} from "@kronograd/tensor";
import { digestOf } from "../checkpoint-tree.ts";
import { weightsFormat } from "./save-weights.ts";

/** Options of `loadWeights`. */
export interface LoadWeightsOptions {
  /** The name that errors give the bytes (default "weights"). */
  readonly file?: string;
  /**
   * The model's name for a name of the file: a table, in which names that are missing stay as they are, or a function. Null
   * leaves the tensor out.
   */
  readonly rename?: Readonly<Record<string, string | null>> | ((name: string) => string | null);
  /** Whether each tensor of the model must be in the file, and each of the file in the model (default true). */
  readonly strict?: boolean;
  /** Round float64 numbers of the file to the float32 of the model (default false: an error). */
  readonly convert?: boolean;
}

/** Result of `loadWeights`. */
export interface LoadedWeights {
  /** Names of the model's tensors that were written. */
  readonly loaded: readonly string[];
  /** Names of the model's tensors that are not in the file; empty if strict. */
  readonly missing: readonly string[];
  /** Names of the file's tensors, after renaming, that are not in the model; empty if strict. */
  readonly unexpected: readonly string[];
  /** Tensors whose numbers came in another float type: widened without loss, or rounded if `convert` says so. */
  readonly converted: readonly { readonly name: string; readonly from: string; readonly to: string }[];
}

/**
 * Write weights into a model's parameters and buffers, on whichever device they are.
 *
 * @throws {CheckpointError} the bytes are cut short or altered; a name is missing or unexpected (if strict); a shape, or a
 *   type, or a value that is not finite. The error's `details` list all of them, and the model is as it was
 * @example
 * const small = mlp([2, 3], { rng: new Rng(0) });
 * const bytes = await saveWeights(small);
 * const model = new Sequential({ encoder: mlp([2, 3]), head: new Dense({ in: 3, out: 1 }) }, { rng: new Rng(1) });
 * loadWeights(model, bytes, { rename: (name) => `encoder.${name}`, strict: false }).missing;   // ["head.weight", "head.bias"]
 */
export function loadWeights(model: Layer<Tree>, bytes: Uint8Array, options: LoadWeightsOptions = {}): LoadedWeights {
  const { file = "weights", strict = true, convert = false } = options;
  const own: Readonly<Record<string, Tensor>> = { ...parameters(model), ...buffers(model) };
  const found = renamed(file, tensorsOf(bytes, file), options.rename ?? {});
  const missing = Object.keys(own).filter((name) => !found.has(name));
  const unexpected = [...found.keys()].filter((name) => !Object.hasOwn(own, name));
  const both = Object.entries(own).flatMap(([name, target]) => {
    const array = found.get(name);
    return array === undefined ? [] : [{ name, target, array }];
  });
  const problems = [
    ...(strict ? missing.map((name) => `"${name}" is missing${guess(name, unexpected)}`) : []),
    ...(strict ? unexpected.map((name) => `"${name}" is not in the model`) : []),
    ...both.flatMap((pair) => misfit(pair, convert)),
  ];
  if (problems.length > 0) {
    throw new CheckpointError({
      where: file,
      problem: `does not fit the model: ${problems.join("; ")}`,
      help: helpFor(problems, strict && missing.length + unexpected.length > 0),
      details: { file, missing, unexpected, problems },
    });
  }
  const converted: LoadedWeights["converted"][number][] = [];
  for (const { name, target, array } of both) {
    const from = dtypeOf(array.data);
    if (from !== target.dtype) converted.push({ name, from, to: target.dtype });
    const values = typedArray(target.dtype, array.data.length);
    values.set(array.data);
    write(target, values);
  }
  return { loaded: both.map(({ name }) => name), missing, unexpected, converted };
}

/** The file's weights by name, checked against its checksum where it has one. */
function tensorsOf(bytes: Uint8Array, file: string): ReadonlyMap<string, HostArray> {
  const { tensors, metadata } = parse(bytes, file);
  const isCheckpoint = metadata.has("kronograd.checkpoint");
  const json = metadata.get(isCheckpoint ? "tree" : "model");
  if ((isCheckpoint || metadata.has(weightsFormat.key)) && json !== undefined) {
    const expected = metadata.get("sha256");
    const got = digestOf({ json, tensors });
    if (got !== expected) {
      const problem = "contents do not match their checksum";
      const help = "The file was altered or damaged; get it again.";
      throw new CheckpointError({ where: file, problem, expected, got, help, details: { file } });
    }
  }
  if (!isCheckpoint) return tensors;
  const weight = /^(?:parameters|buffers)\//;
  return new Map(
    [...tensors].flatMap(([name, array]) => (weight.test(name) ? [[name.replace(weight, ""), array] as const] : [])),
  );
}

function parse(bytes: Uint8Array, file: string): Safetensors {
  try {
    return readSafetensors(bytes, { file, allowNonFinite: true }); // an optimizer's state may hold infinities
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    const problem = `cannot be read: ${cause.message.replace(/\.$/, "")}`;
    throw new CheckpointError({ where: file, problem, details: { ...cause.details, file }, cause });
  }
}

function renamed(
  file: string,
  tensors: ReadonlyMap<string, HostArray>,
  rename: NonNullable<LoadWeightsOptions["rename"]>,
): ReadonlyMap<string, HostArray> {
  const found = new Map<string, HostArray>();
  for (const [name, array] of tensors) {
    const next = typeof rename === "function" ? rename(name) : Object.hasOwn(rename, name) ? rename[name] : name;
    if (next === null || next === undefined) continue;
    if (found.has(next)) {
      throw new CheckpointError({
        where: file,
        problem: `two tensors are called "${next}" after renaming`,
        got: name,
        help: "Rename one to null to leave it out.",
        details: { file, name: next },
      });
    }
    found.set(next, array);
  }
  return found;
}

function misfit(
  { name, target, array }: { name: string; target: Tensor; array: HostArray },
  convert: boolean,
): string[] {
  const { data, shape } = array;
  if (!sameShape(shape, target.shape)) {
    return [`"${name}" has shape [${shape.join(", ")}], the model's is [${target.shape.join(", ")}]`];
  }
  const [from, to] = [dtypeOf(data), target.dtype];
  if (from !== to && (from === "int32" || to === "int32")) return [`"${name}" is ${from}, the model's is ${to}`];
  if (from === "float64" && to === "float32" && !convert)
    return [`"${name}" is float64 and would be rounded to float32`];
  const at = data.findIndex((value: number) => !Number.isFinite(to === "float32" ? Math.fround(value) : value));
  return at < 0 ? [] : [`"${name}" holds ${data[at]} at element ${at}`];
}

function guess(name: string, others: readonly string[]): string {
  const near = nearest(name, others);
  return near === undefined ? "" : ` (the file has "${near}")`;
}

function helpFor(problems: readonly string[], names: boolean): string {
  if (names) return "Pass rename to map names, or strict: false to load what fits by name.";
  if (problems.some((problem) => problem.endsWith("rounded to float32"))) return "Pass convert: true to round.";
  return "Build the model that the weights were saved from.";
}
