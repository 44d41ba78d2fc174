/**
 * safetensors: the length of a header (uint64, little-endian), a JSON header, then the tensors' bytes without a gap.
 *
 * Source: the format's description in huggingface/safetensors, README ("Format").
 */

import { dtypeOf, literal, UsageError } from "@kronograd/tensor";
import { dataError, getAgain } from "../data-error.ts";
import {
  type ArrayReadOptions,
  byteLengthOf,
  checkHostArray,
  decodeElements,
  type ElementType,
  encodeElements,
  type HostArray,
} from "./elements.ts";
import { repeatedKey } from "./repeated-key.ts";

/** The contents of a safetensors file. */
export interface Safetensors {
  /** By name, in the order of the bytes. */
  readonly tensors: ReadonlyMap<string, HostArray>;
  /** The free text of the header. */
  readonly metadata: ReadonlyMap<string, string>;
}

const types: ReadonlyMap<string, ElementType> = new Map([
  ["BOOL", "bool"],
  ["U8", "uint8"],
  ["I8", "int8"],
  ["U16", "uint16"],
  ["I16", "int16"],
  ["U32", "uint32"],
  ["I32", "int32"],
  ["U64", "uint64"],
  ["I64", "int64"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["F32", "float32"],
  ["F64", "float64"],
]);
const codes = { float32: "F32", float64: "F64", int32: "I32" } as const;
const metadataKey = "__metadata__";
const maxHeaderBytes = 100_000_000; // the format's own limit

/** A tensor's place in the file, as the header gives it. */
interface Entry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Bytes from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/**
 * Read a safetensors file. F32, F64 and I32 keep their type; F16 and BF16 become float32; BOOL and other whole numbers int32.
 *
 * @throws {DataError}  a header that is cut short or not understood, tensors that overlap, leave a gap or do not fill
 *                      the file, another dtype, NaN or infinity, or a whole number outside int32
 * @example
 * readSafetensors(bytes).tensors.get("dense1.weight")?.shape;   // [64, 784]
 */
export function readSafetensors(bytes: Uint8Array, options: ArrayReadOptions = {}): Safetensors {
  const { file = "safetensors file", allowNonFinite = false } = options;
  const { header, dataOffset } = headerOf(bytes, file);
  const entries: Entry[] = [];
  let metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) metadata = readMetadata(value, file);
    else entries.push(readEntry(name, value, file));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, bytes.length - dataOffset, dataOffset, file);
  const tensors = new Map<string, HostArray>();
  for (const { name, type, shape, begin, end } of entries) {
    const byte = dataOffset + begin;
    const encoding = { type, littleEndian: true, file: `${file}, tensor "${name}"`, byte, allowNonFinite };
    tensors.set(name, { data: decodeElements(bytes.subarray(byte, dataOffset + end), encoding), shape });
  }
  return { tensors, metadata };
}

/**
 * Write a safetensors file; equal contents give equal bytes. Tensors are stored by falling element size, then by name, so
 * that each is aligned.
 *
 * @throws {ShapeError}  a shape does not hold its values
 * @throws {UsageError}  a tensor is called `__metadata__`
 * @example
 * writeSafetensors(new Map([["w", { data: new Float32Array(6), shape: [2, 3] }]]), new Map([["step", "400"]]));
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, HostArray>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const header = new Map<string, unknown>();
  if (metadata.size > 0) header.set(metadataKey, Object.fromEntries(metadata));
  const parts: Uint8Array[] = [];
  let end = 0;
  const sorted = [...tensors].sort(
    ([a, { data: x }], [b, { data: y }]) => y.BYTES_PER_ELEMENT - x.BYTES_PER_ELEMENT || (a < b ? -1 : 1),
  );
  for (const [name, array] of sorted) {
    const where = `writeSafetensors, tensor "${name}"`;
    if (name === metadataKey)
      throw new UsageError({ where, problem: "the name belongs to the format", help: "Choose another." });
    checkHostArray(where, array);
    const part = encodeElements(array.data);
    header.set(name, { dtype: codes[dtypeOf(array.data)], shape: array.shape, data_offsets: [end, end + part.length] });
    parts.push(part);
    end += part.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerBytes = Math.ceil(json.length / 8) * 8; // padded with spaces, so that the tensors are aligned
  const file = new Uint8Array(8 + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(json, 8);
  let at = 8 + headerBytes;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

function headerOf(bytes: Uint8Array, file: string): { header: Record<string, unknown>; dataOffset: number } {
  const help = getAgain;
  if (bytes.length < 8) {
    throw dataError(file, "file is cut short", {
      byte: bytes.length,
      expected: "8 bytes for the header's length",
      got: `${bytes.length} bytes`,
      help,
    });
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > maxHeaderBytes) {
    throw dataError(file, "header is too long", {
      byte: 0,
      expected: `at most ${maxHeaderBytes} bytes`,
      got: length,
      help: "This is not a safetensors file: check the path, or get the file again.",
    });
  }
  const dataOffset = 8 + length;
  if (bytes.length < dataOffset) {
    throw dataError(file, "file is cut short", {
      byte: bytes.length,
      expected: `a header of ${dataOffset} bytes`,
      got: `${bytes.length} bytes`,
      help,
    });
  }
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, dataOffset));
    header = JSON.parse(text);
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw dataError(file, "header is not JSON in UTF-8", { byte: 8, got, help, cause });
  }
  if (!isObject(header) || !text.startsWith("{")) {
    throw dataError(file, "header is not a JSON object", { byte: 8, expected: "{ … }", got: text.slice(0, 20), help });
  }
  const twice = repeatedKey(text);
  if (twice !== undefined) throw dataError(file, "header names a key twice", { byte: 8, got: `"${twice}"`, help });
  return { header, dataOffset };
}

function readMetadata(value: unknown, file: string): Map<string, string> {
  const entries = isObject(value) ? Object.entries(value) : undefined;
  if (entries?.every((pair): pair is [string, string] => typeof pair[1] === "string")) return new Map(entries);
  throw dataError(file, `${metadataKey} is of another form`, {
    expected: "an object of strings",
    got: literal(value),
    help: getAgain,
  });
}

function readEntry(name: string, value: unknown, file: string): Entry {
  const where = `${file}, tensor "${name}"`;
  const { dtype, shape, data_offsets: offsets, ...rest } = isObject(value) ? value : {};
  if (
    typeof dtype !== "string" ||
    !isCounts(shape) ||
    !isCounts(offsets) ||
    offsets.length !== 2 ||
    Object.keys(rest).length > 0
  ) {
    const expected = `{ dtype, shape, data_offsets: [begin, end] } with whole numbers ≥ 0`;
    throw dataError(where, "header entry is of another form", { expected, got: literal(value), help: getAgain });
  }
  const type = types.get(dtype);
  if (type === undefined) {
    const help = "Convert the tensor to F32, F64 or I32.";
    throw dataError(where, "dtype cannot be read", {
      expected: `one of ${[...types.keys()].join(", ")}`,
      got: dtype,
      help,
    });
  }
  const [begin, end] = offsets as [number, number];
  const size = byteLengthOf(shape, type);
  if (end - begin !== size) {
    const expected = `${size ?? "more than 2⁵³"} bytes for ${dtype} [${shape.join(", ")}]`;
    throw dataError(where, "shape and data_offsets disagree", {
      expected,
      got: `${end - begin} bytes`,
      help: getAgain,
    });
  }
  return { name, type, shape, begin, end };
}

/** The format wants the tensors to cover the rest of the file, without overlap and without a gap. */
function checkCoverage(entries: readonly Entry[], size: number, dataOffset: number, file: string): void {
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end) {
      const problem = entry.begin < end ? "overlaps the tensor before it" : "leaves a gap before it";
      throw dataError(file, `tensor "${entry.name}" ${problem}`, {
        byte: dataOffset + entry.begin,
        expected: end,
        got: entry.begin,
        help: getAgain,
      });
    }
    end = entry.end;
  }
  if (end === size) return;
  throw dataError(file, end > size ? "file is cut short" : "file is too long", {
    byte: dataOffset + Math.min(end, size),
    expected: `${dataOffset + end} bytes`,
    got: `${dataOffset + size} bytes`,
    help: getAgain,
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
