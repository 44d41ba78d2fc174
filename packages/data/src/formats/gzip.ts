/** Decompression with what Node, Deno, Bun and browsers share: `DecompressionStream`. */

import { dataError, getAgain } from "../data-error.ts";

/** Whether bytes begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Decompress a gzip file; bytes that do not begin as one are returned as they are.
 *
 * @param file  the name for errors
 * @throws {DataError}  the stream is cut short, or a checksum does not hold
 */
export async function gunzip(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  try {
    const compressed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
    const stream = compressed.pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw dataError(file, "gzip stream cannot be decompressed", { got, help: getAgain, cause });
  }
}
