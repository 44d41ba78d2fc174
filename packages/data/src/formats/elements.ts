/**
 * Elements of a file as the three dtypes of tensors: floats stay floats (float16 and bfloat16 widen to float32), whole
 * numbers and booleans become int32. A value that does not survive the conversion is refused, never rounded or wrapped.
 */

import { ShapeError, sizeOf, type TypedArray } from "@kronograd/tensor";
import { dataError, getAgain } from "../data-error.ts";

/** An array on the host: values row-major, and their shape. */
export interface HostArray {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

/** Input of the readers of arrays. */
export interface ArrayReadOptions {
  /** The name that errors give the bytes. */
  readonly file?: string;
  /** Keep NaN and infinities instead of refusing them. Default false. */
  readonly allowNonFinite?: boolean;
}

/** The element types that the readers know. */
export type ElementType =
  | "bool"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64";

/** Bytes of one element. */
export const elementBytes: Readonly<Record<ElementType, number>> = {
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
};

interface Encoding {
  readonly type: ElementType;
  readonly littleEndian: boolean;
  readonly file: string;
  /** Where in the file the elements begin. */
  readonly byte: number;
  readonly allowNonFinite?: boolean;
}

/**
 * Decode a whole number of elements; the bytes are copied and need no alignment.
 *
 * @throws {DataError}  NaN or an infinity, a whole number outside int32, or a boolean other than 0 and 1
 */
export function decodeElements(bytes: Uint8Array, encoding: Encoding): TypedArray {
  const { type, littleEndian, allowNonFinite = false } = encoding;
  const size = elementBytes[type];
  const copy = new Uint8Array(bytes);
  if (size > 1 && littleEndian !== hostIsLittleEndian) reverseEach(copy, size);
  const { buffer } = copy;
  if (type === "bool") return checked(Int32Array.from(copy), encoding, (value) => value <= 1, "0 or 1");
  if (type === "uint8") return Int32Array.from(copy);
  if (type === "int8") return Int32Array.from(new Int8Array(buffer));
  if (type === "uint16") return Int32Array.from(new Uint16Array(buffer));
  if (type === "int16") return Int32Array.from(new Int16Array(buffer));
  if (type === "int32") return new Int32Array(buffer);
  if (type === "uint32") return asInt32(new Uint32Array(buffer), encoding);
  if (type === "uint64") return asInt32(new BigUint64Array(buffer), encoding);
  if (type === "int64") return asInt32(new BigInt64Array(buffer), encoding);
  const floats = decodeFloats(type, buffer);
  return allowNonFinite ? floats : checked(floats, encoding, Number.isFinite, "a finite number");
}

/** The values as little-endian bytes, copied. */
export function encodeElements(data: TypedArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  if (!hostIsLittleEndian) reverseEach(bytes, data.BYTES_PER_ELEMENT);
  return bytes;
}

/** Check an array that is to be written. @throws {ShapeError} its shape does not hold its values */
export function checkHostArray(where: string, { data, shape }: HostArray): void {
  if (sizeOf(shape) === data.length) return;
  const got = `${data.length} values`;
  throw new ShapeError({
    where,
    problem: `shape [${shape.join(", ")}] does not hold the values`,
    expected: sizeOf(shape),
    got,
  });
}

/**
 * The bytes of `shape` elements, or `undefined` where they exceed what a number counts exactly: a shape read from a
 * damaged file may be anything.
 */
export function byteLengthOf(shape: readonly number[], type: ElementType): number | undefined {
  if (shape.includes(0)) return 0;
  let bytes = elementBytes[type];
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) return undefined;
  }
  return bytes;
}

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function reverseEach(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) bytes.subarray(start, start + size).reverse();
}

function decodeFloats(type: "float16" | "bfloat16" | "float32" | "float64", buffer: ArrayBuffer): TypedArray {
  if (type === "float64") return new Float64Array(buffer);
  if (type === "float32") return new Float32Array(buffer);
  if (type === "float16") return Float32Array.from(new Uint16Array(buffer), fromHalf);
  // bfloat16 is the upper half of a float32.
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
}

/** IEEE 754 binary16: sign 1, exponent 5 (bias 15), fraction 10 bits. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function asInt32(values: Uint32Array | BigInt64Array | BigUint64Array, encoding: Encoding): Int32Array {
  const fits = (value: number) => (value | 0) === value;
  const doubles = Float64Array.from(values as ArrayLike<number | bigint>, Number);
  return Int32Array.from(checked(doubles, encoding, fits, "a whole number that fits int32"));
}

function checked<T extends TypedArray>(
  values: T,
  { type, file, byte }: Encoding,
  holds: (value: number) => boolean,
  expected: string,
): T {
  for (let i = 0; i < values.length; i++) {
    if (holds(values[i]!)) continue;
    const place = { byte: byte + i * elementBytes[type] };
    const help = type.endsWith("32") || type.endsWith("64") ? "Write the file again without this value." : getAgain;
    throw dataError(file, `${type} element ${i} cannot be used`, { ...place, expected, got: values[i], help });
  }
  return values;
}
