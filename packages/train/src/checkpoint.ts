/**
 * Checkpoints: a plain tree of numbers, texts and tensors as one safetensors file, so that any tool can read the weights.
 *
 * Tensors keep their bits; the tree itself is JSON in the file's metadata beside a SHA-256 over tree and tensors. A file
 * that was cut short or altered is refused before anything is changed.
 */

import { readSafetensors, type Safetensors, writeSafetensors } from "@kronograd/data";
import { CheckpointError, DataError, type Device } from "@kronograd/tensor";
import { type CheckpointTree, digestOf, packTree, unpackTree } from "./checkpoint-tree.ts";

const formatKey = "kronograd.checkpoint";
const formatVersion = "1";

/**
 * Turn a tree into the bytes of a checkpoint; equal trees give equal bytes.
 *
 * @example
 * const bytes = await encodeCheckpoint({ step: 400, parameters: { weight } });
 */
export async function encodeCheckpoint(tree: CheckpointTree): Promise<Uint8Array> {
  const packed = await packTree(tree);
  const metadata = new Map([
    [formatKey, formatVersion],
    ["tree", packed.json],
    ["sha256", digestOf(packed)],
  ]);
  return writeSafetensors(packed.tensors, metadata);
}

/**
 * Read the bytes of a checkpoint back into its tree, with tensors on a device.
 *
 * @param options.file  the name that errors give the bytes
 * @throws {CheckpointError} the bytes are cut short, altered, or not a checkpoint
 */
export function decodeCheckpoint(
  bytes: Uint8Array,
  { file = "checkpoint", device }: { file?: string; device?: Device } = {},
): CheckpointTree {
  const { tensors, metadata } = parse(bytes, file);
  const json = metadata.get("tree");
  if (metadata.get(formatKey) !== formatVersion || json === undefined) {
    throw new CheckpointError({
      where: file,
      problem: "is not a checkpoint of this format",
      expected: `format ${formatVersion}`,
      got: metadata.get(formatKey) ?? "a plain safetensors file",
      help: "Resume from a file that kronograd wrote.",
      details: { file },
    });
  }
  const expected = metadata.get("sha256");
  const found = digestOf({ json, tensors });
  if (found !== expected) {
    throw new CheckpointError({
      where: file,
      problem: "contents do not match their checksum",
      expected,
      got: found,
      help: "The file was altered or damaged; resume from an earlier checkpoint.",
      details: { file },
    });
  }
  return unpackTree({ json, tensors }, device);
}

function parse(bytes: Uint8Array, file: string): Safetensors {
  try {
    return readSafetensors(bytes, { file, allowNonFinite: true });
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new CheckpointError({
      where: file,
      problem: `cannot be read: ${cause.message.replace(/\.$/, "")}`,
      help: "Resume from an earlier checkpoint.",
      details: { ...cause.details, file },
      cause,
    });
  }
}
