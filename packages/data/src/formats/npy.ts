/**
 * NumPy's array file: `\x93NUMPY`, a version, the length of the header, the header, the elements.
 *
 * Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays", and `numpy.lib.format` (versions 1–3).
 */

import { dtypeOf, ShapeError, type TypedArray } from "@kronograd/tensor";
import { dataError, getAgain, hex } from "../data-error.ts";
import {
  type ArrayReadOptions,
  byteLengthOf,
  checkHostArray,
  decodeElements,
  type ElementType,
  elementBytes,
  encodeElements,
  type HostArray,
} from "./elements.ts";
import { parseNpyHeader } from "./npy-header.ts";

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59); // \x93NUMPY
const types: ReadonlyMap<string, ElementType> = new Map([
  ["b1", "bool"],
  ["u1", "uint8"],
  ["i1", "int8"],
  ["u2", "uint16"],
  ["i2", "int16"],
  ["u4", "uint32"],
  ["i4", "int32"],
  ["u8", "uint64"],
  ["i8", "int64"],
  ["f2", "float16"],
  ["f4", "float32"],
  ["f8", "float64"],
]);
const maxRank = 32; // NumPy before version 2 reads no more
const codes = { float32: "<f4", float64: "<f8", int32: "<i4" } as const;

/**
 * Read a .npy file of version 1, 2 or 3, in C or Fortran order, of either byte order; values come out row-major.
 *
 * float32, float64 and int32 keep their type; float16 becomes float32; booleans and other whole numbers become int32.
 *
 * @throws {DataError}  not a .npy file, a header or dtype that is not understood, fewer or more bytes than the header
 *                      says, NaN or infinity, or a whole number outside int32
 * @example
 * readNpy(writeNpy({ data: new Float32Array([1, 2]), shape: [2] })).data;   // Float32Array [1, 2]
 */
export function readNpy(
  bytes: Uint8Array,
  { file = "npy file", allowNonFinite = false }: ArrayReadOptions = {},
): HostArray {
  const { headerText, dataOffset } = headerOf(bytes, file);
  const { descr, fortranOrder, shape } = parseNpyHeader(headerText, file);
  const order = descr[0]!;
  const type = types.get(descr.slice(1));
  if (type === undefined || !"<>|".includes(order) || (order === "|" && elementBytes[type] !== 1)) {
    throw dataError(file, "dtype cannot be read", {
      byte: dataOffset - headerText.length,
      expected: `"<" or ">" and one of ${[...types.keys()].join(", ")}`,
      got: `"${descr}"`,
      help: "Save the array as float32, float64 or int32.",
    });
  }
  const wanted = byteLengthOf(shape, type);
  const elements = bytes.subarray(dataOffset);
  if (wanted !== elements.length) {
    const isShort = wanted === undefined || wanted > elements.length;
    throw dataError(file, isShort ? "file is cut short" : "file is too long", {
      byte: isShort ? bytes.length : dataOffset + wanted,
      expected: `${wanted ?? "more than 2⁵³"} bytes of elements for ${type} [${shape.join(", ")}]`,
      got: `${elements.length} bytes`,
      help: getAgain,
    });
  }
  const encoding = { type, littleEndian: order !== ">", file, byte: dataOffset, allowNonFinite };
  const data = decodeElements(elements, encoding);
  return { data: fortranOrder && shape.length > 1 ? rowMajor(data, shape) : data, shape };
}

/**
 * Write a .npy file: version 1, C order, little-endian.
 *
 * @throws {ShapeError}  the shape does not hold the values
 * @example
 * writeNpy({ data: await t.data(), shape: t.shape });
 */
export function writeNpy({ data, shape }: HostArray): Uint8Array {
  checkHostArray("writeNpy", { data, shape });
  if (shape.length > maxRank) {
    throw new ShapeError({
      where: "writeNpy",
      problem: "too many axes",
      expected: `at most ${maxRank}`,
      got: shape.length,
    });
  }
  const elements = encodeElements(data);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${codes[dtypeOf(data)]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const prefix = magic.length + 4;
  // Elements start at a multiple of 64, so that the file can be mapped into memory.
  const dataOffset = Math.ceil((prefix + dict.length + 1) / 64) * 64;
  const file = new Uint8Array(dataOffset + elements.length);
  file.set(magic);
  file[magic.length] = 1;
  new DataView(file.buffer).setUint16(magic.length + 2, dataOffset - prefix, true);
  file.set(new TextEncoder().encode(`${dict.padEnd(dataOffset - prefix - 1)}\n`), prefix);
  file.set(elements, dataOffset);
  return file;
}

function headerOf(bytes: Uint8Array, file: string): { headerText: string; dataOffset: number } {
  if (!magic.every((byte, i) => bytes[i] === byte)) {
    const got = hex(bytes.subarray(0, magic.length));
    const help = "This is not a .npy file (an .npz archive must be unpacked first).";
    throw dataError(file, "wrong magic number", { byte: 0, expected: hex(magic), got, help });
  }
  const version = bytes[6];
  const minor = bytes[7];
  if (version === undefined || version < 1 || version > 3 || minor !== 0) {
    const got = `${version ?? "none"}.${minor ?? "none"}`;
    throw dataError(file, "unknown version", { byte: 6, expected: "1.0, 2.0 or 3.0", got, help: getAgain });
  }
  const start = version === 1 ? 10 : 12;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < start ? 0 : version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataOffset = start + length;
  if (bytes.length < start || bytes.length < dataOffset) {
    const values = { expected: `a header of ${dataOffset} bytes`, got: `${bytes.length} bytes` };
    throw dataError(file, "file is cut short", { byte: bytes.length, ...values, help: getAgain });
  }
  // Versions 1 and 2 are latin-1 and version 3 is UTF-8, which differ only in the field names of structured dtypes.
  return { headerText: new TextDecoder("latin1").decode(bytes.subarray(start, dataOffset)), dataOffset };
}

/** Fortran order is the row-major order of the reversed shape. */
function rowMajor(columnMajor: TypedArray, shape: readonly number[]): TypedArray {
  const out = columnMajor.slice();
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = columnMajor[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      index[axis]! += 1;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
