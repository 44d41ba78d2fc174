/** Hashes by which runs prove that they began with the same weights and see the same batches. */

import { sha256 } from "@kronograd/data";
import { type Layer, parameters } from "@kronograd/layers";
import type { batchesOf } from "@kronograd/train";

/** The SHA-256 of a model's parameters: their names and bits. */
export async function weightsHash(model: Layer): Promise<string> {
  const parts: Uint8Array[] = [];
  for (const [name, t] of Object.entries(parameters(model))) {
    const { buffer, byteOffset, byteLength } = await t.data();
    parts.push(new TextEncoder().encode(name), new Uint8Array(buffer, byteOffset, byteLength));
  }
  return sha256(...parts);
}

const hashedBatches = 20; // the order follows from its first batches: they are draws of the same stream

/** The SHA-256 of the row numbers of a run's first batches; the batches are drawn. */
export function batchOrderHash({ next, perEpoch }: ReturnType<typeof batchesOf>): string {
  const batches = Array.from({ length: Math.min(perEpoch, hashedBatches) }, () => next());
  return sha256(...batches.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)));
}
