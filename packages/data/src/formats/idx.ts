/**
 * IDX, the format of MNIST: two zero bytes, a type code, the number of axes, each axis as a big-endian uint32, then the
 * elements, big-endian and row-major.
 *
 * Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits", file formats.
 */

import type { TypedArray } from "@kronograd/tensor";
import { dataError, getAgain, hex } from "../data-error.ts";
import { type ArrayReadOptions, byteLengthOf, decodeElements, type ElementType } from "./elements.ts";

/** The contents of an IDX file; unsigned bytes stay bytes, all else becomes the dtype of a tensor. */
export interface IdxArray {
  readonly data: Uint8Array | TypedArray;
  readonly shape: readonly number[];
  /** Where in the file the elements begin. */
  readonly dataOffset: number;
}

const types: ReadonlyMap<number, ElementType> = new Map([
  [0x08, "uint8"],
  [0x09, "int8"],
  [0x0b, "int16"],
  [0x0c, "int32"],
  [0x0d, "float32"],
  [0x0e, "float64"],
]);

/**
 * Read an IDX file that is not compressed (see `gunzip`). Unsigned bytes are a view of the input, not a copy.
 *
 * @throws {DataError}  another magic number, an axis of size 0, fewer or more bytes than the header says, NaN or infinity
 * @example
 * readIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])).data;   // Uint8Array [7, 9]
 */
export function readIdx(
  bytes: Uint8Array,
  { file = "IDX file", allowNonFinite = false }: ArrayReadOptions = {},
): IdxArray {
  if (bytes.length < 4) throw cutShort(file, bytes.length, "a header of at least 8 bytes");
  const type = types.get(bytes[2]!);
  if (bytes[0] !== 0 || bytes[1] !== 0 || type === undefined) {
    throw dataError(file, "wrong magic number", {
      byte: 0,
      expected: "00 00, then a type code 08, 09, 0b, 0c, 0d or 0e",
      got: hex(bytes.subarray(0, 4)),
      help: "This is not an IDX file: check the path, or get the file again.",
    });
  }
  const rank = bytes[3]!;
  if (rank === 0) throw dataError(file, "array has no axes", { byte: 3, expected: "≥ 1", got: 0, help: getAgain });
  const dataOffset = 4 + 4 * rank;
  if (bytes.length < dataOffset) throw cutShort(file, bytes.length, `a header of ${dataOffset} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const empty = shape.indexOf(0);
  if (empty >= 0) {
    const place = { byte: 4 + 4 * empty };
    throw dataError(file, `axis ${empty} has size 0`, { ...place, expected: "≥ 1", got: shape, help: getAgain });
  }
  const wanted = byteLengthOf(shape, type);
  const elements = bytes.subarray(dataOffset);
  if (wanted !== elements.length) {
    const problem = wanted === undefined || wanted > elements.length ? "file is cut short" : "file is too long";
    const size = wanted === undefined ? "more bytes than any file has" : `${dataOffset + wanted} bytes`;
    throw dataError(file, problem, {
      byte: Math.min(bytes.length, dataOffset + (wanted ?? Number.POSITIVE_INFINITY)),
      expected: `${size} for ${type} [${shape.join(", ")}]`,
      got: `${bytes.length} bytes`,
      help: getAgain,
    });
  }
  const encoding = { type, littleEndian: false, file, byte: dataOffset, allowNonFinite };
  return { data: type === "uint8" ? elements : decodeElements(elements, encoding), shape, dataOffset };
}

function cutShort(file: string, length: number, expected: string) {
  return dataError(file, "file is cut short", { byte: length, expected, got: `${length} bytes`, help: getAgain });
}
