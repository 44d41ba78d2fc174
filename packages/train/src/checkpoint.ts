/**
 * Checkpoints: a plain tree of numbers, texts and tensors as one safetensors file, so that any tool can read the weights.
 *
 * Tensors keep their bits; the tree itself is JSON in the file's metadata beside a SHA-256 over tree and tensors. A file that
 * was cut short or altered, or that belongs to another run, is refused before anything is changed.
 */

import { type HostArray, readSafetensors, sha256, writeSafetensors } from "@kronograd/data";
import { CheckpointError, type Device, KronogradError, tensor, Tensor, type TypedArray } from "@kronograd/tensor";

/** What a checkpoint may hold; tensors anywhere. */
export type CheckpointTree = Tensor | number | string | boolean | null | readonly CheckpointTree[] | { readonly [key: string]: CheckpointTree };

const formatVersion = "1";

/**
 * Turn a tree into the bytes of a checkpoint; equal trees give equal bytes.
 *
 * @example
 * const bytes = await encodeCheckpoint({ step: 400, parameters: { weight } });
 */
export async function encodeCheckpoint(tree: CheckpointTree): Promise<Uint8Array> {
  const tensors = new Map<string, HostArray>();
  const json = JSON.stringify(await strip(tree, "", tensors));
  return writeSafetensors(tensors, new Map([["kronograd.checkpoint", formatVersion], ["tree", json], ["sha256", digest(json, tensors)]]));
}

/**
 * Read the bytes of a checkpoint back into its tree, with tensors on a device.
 *
 * @throws {CheckpointError} the bytes are cut short, altered, or not a checkpoint
 */
export function decodeCheckpoint(bytes: Uint8Array, { file = "checkpoint", device }: { file?: string; device?: Device } = {}): CheckpointTree {
  const { tensors, metadata } = parse(bytes, file);
  const json = metadata.get("tree");
  if (metadata.get("kronograd.checkpoint") !== formatVersion || json === undefined) {
    throw new CheckpointError({
      where: file,
      problem: "is not a checkpoint of this format",
      expected: `format ${formatVersion}`,
      got: metadata.get("kronograd.checkpoint") ?? "a plain safetensors file",
      help: "Resume from a file that kronograd wrote.",
    });
  }
  const found = digest(json, tensors);
  if (found !== metadata.get("sha256")) {
    throw new CheckpointError({
      where: file,
      problem: "contents do not match their checksum",
      expected: metadata.get("sha256"),
      got: found,
      help: "The file was altered or damaged; resume from an earlier checkpoint.",
      details: { file },
    });
  }
  const restore = (value: unknown): CheckpointTree => {
    if (typeof value !== "object" || value === null) return value as CheckpointTree;
    if (Array.isArray(value)) return value.map(restore);
    const entries = Object.entries(value);
    const [key, item] = entries[0] ?? [];
    if (entries.length === 1 && key === "$tensor") {
      const { data, shape } = tensors.get(item as string) as HostArray;
      return tensor(data as TypedArray, { shape, ...(device === undefined ? {} : { device }) });
    }
    if (entries.length === 1 && key === "$number") return Number(item);
    return Object.fromEntries(entries.map(([name, child]) => [name, restore(child)]));
  };
  return restore(JSON.parse(json));
}

function parse(bytes: Uint8Array, file: string) {
  try {
    return readSafetensors(bytes, { file, allowNonFinite: true });
  } catch (cause) {
    if (!(cause instanceof KronogradError)) throw cause;
    throw new CheckpointError({
      where: file,
      problem: `cannot be read: ${cause.message.replace(/\.$/, "")}`,
      help: "Resume from an earlier checkpoint.",
      details: cause.details,
      cause,
    });
  }
}

/** Replace tensors by references; gather their values. */
async function strip(value: CheckpointTree, path: string, tensors: Map<string, HostArray>): Promise<unknown> {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: Object.is(value, -0) ? "-0" : String(value) };
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Tensor) {
    tensors.set(path, { data: await value.data(), shape: value.shape });
    return { $tensor: path };
  }
  const child = (key: string) => (path === "" ? key : `${path}/${key}`);
  if (Array.isArray(value)) return Promise.all(value.map((item, i) => strip(item, child(String(i)), tensors)));
  const entries = Object.entries(value as Record<string, CheckpointTree>);
  return Object.fromEntries(await Promise.all(entries.map(async ([key, item]) => [key, await strip(item, child(key), tensors)])));
}

function digest(json: string, tensors: ReadonlyMap<string, HostArray>): string {
  const names = [...tensors.keys()].sort();
  const encoder = new TextEncoder();
  const parts = names.flatMap((name) => {
    const { data, shape } = tensors.get(name) as HostArray;
    return [encoder.encode(`${name}\n${data.constructor.name}\n${shape.join(",")}\n`), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
  });
  return sha256(encoder.encode(`${json}\n`), ...parts);
}
