import { describe, expect, it } from "vitest";
import { byteLengthOf, decodeElements, type ElementType, elementBytes, encodeElements } from "./elements.ts";

/** Elements written by the platform's DataView, big-endian. */
function bigEndian(
  type: ElementType,
  write: (view: DataView, at: number, i: number) => void,
  count: number,
): Uint8Array {
  const bytes = new Uint8Array(count * elementBytes[type]);
  for (let i = 0; i < count; i++) write(new DataView(bytes.buffer), i * elementBytes[type], i);
  return bytes;
}
const encoding = (type: ElementType, littleEndian = false) => ({ type, littleEndian, file: "f", byte: 100 });

describe("decodeElements", () => {
  it.each([
    ["int16", (v: DataView, at: number, i: number) => v.setInt16(at, [-1, 300][i]!), [-1, 300]],
    ["uint16", (v: DataView, at: number, i: number) => v.setUint16(at, [65535, 1][i]!), [65535, 1]],
    ["int32", (v: DataView, at: number, i: number) => v.setInt32(at, [-(2 ** 31), 7][i]!), [-(2 ** 31), 7]],
    ["uint32", (v: DataView, at: number, i: number) => v.setUint32(at, [0, 2 ** 31 - 1][i]!), [0, 2 ** 31 - 1]],
    ["int64", (v: DataView, at: number, i: number) => v.setBigInt64(at, [-5n, 6n][i]!), [-5, 6]],
    ["uint64", (v: DataView, at: number, i: number) => v.setBigUint64(at, [5n, 6n][i]!), [5, 6]],
    ["float32", (v: DataView, at: number, i: number) => v.setFloat32(at, [0.5, -3][i]!), [0.5, -3]],
    ["float64", (v: DataView, at: number, i: number) => v.setFloat64(at, [0.1, -3e300][i]!), [0.1, -3e300]],
  ] as const)("reads %s of both byte orders at any alignment", (type, write, expected) => {
    const big = bigEndian(type, write, 2);
    expect([...decodeElements(big, encoding(type))]).toEqual(expected);
    const size = elementBytes[type];
    const little = Uint8Array.from(big, (_, i) => big[i - (i % size) + size - 1 - (i % size)]!);
    const shifted = new Uint8Array(little.length + 1);
    shifted.set(little, 1);
    expect([...decodeElements(shifted.subarray(1), encoding(type, true))]).toEqual(expected);
  });

  it("reads single bytes as int32", () => {
    const bytes = Uint8Array.of(0, 1, 255);
    expect(decodeElements(bytes, encoding("uint8"))).toEqual(Int32Array.of(0, 1, 255));
    expect(decodeElements(bytes, encoding("int8"))).toEqual(Int32Array.of(0, 1, -1));
    expect(decodeElements(bytes.subarray(0, 2), encoding("bool"))).toEqual(Int32Array.of(0, 1));
  });

  it("widens every float16: normal, subnormal, largest, signed zero", () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x03ff, 0x7bff, 0x8000, 0x3555);
    const values = decodeElements(new Uint8Array(bits.buffer), encoding("float16", true));
    expect([...values]).toEqual([1, -2, 2 ** -24, 1023 * 2 ** -24, 65504, -0, 0.333251953125]);
  });

  it("widens bfloat16, the upper half of a float32", () => {
    const floats = Float32Array.of(1, -2.5, 2 ** 100);
    const upper = Uint16Array.from(new Uint32Array(floats.buffer), (bits) => bits >>> 16);
    expect([...decodeElements(new Uint8Array(upper.buffer), encoding("bfloat16", true))]).toEqual([1, -2.5, 2 ** 100]);
  });

  it("does not share memory with the bytes it is given", () => {
    const bytes = new Uint8Array(4);
    const values = decodeElements(bytes, encoding("int32"));
    bytes.fill(255);
    expect([...values]).toEqual([0]);
  });

  it.each([
    ["float32", Uint8Array.of(0, 0, 0, 0, 0x7f, 0xc0, 0, 0), 104, Number.NaN],
    ["float64", Uint8Array.of(0xff, 0xf0, 0, 0, 0, 0, 0, 0), 100, Number.NEGATIVE_INFINITY],
    ["float16", Uint8Array.of(0x3c, 0, 0x7c, 0), 102, Number.POSITIVE_INFINITY],
    ["bfloat16", Uint8Array.of(0x7f, 0xc0), 100, Number.NaN],
    ["uint32", Uint8Array.of(0x80, 0, 0, 0), 100, 2 ** 31],
    ["int64", Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff), 100, -(2 ** 31) - 1],
    ["uint64", new Uint8Array(8).fill(255), 100, 2 ** 64],
    ["bool", Uint8Array.of(1, 2), 101, 2],
  ] as const)("refuses %s that cannot be used, naming the byte", (type, bytes, byte, got) => {
    expect(() => decodeElements(bytes, encoding(type))).toThrow(
      expect.objectContaining({ name: "DataError", details: expect.objectContaining({ file: "f", byte, got }) }),
    );
  });

  it("keeps NaN and infinities where that is asked for", () => {
    const bytes = Uint8Array.of(0x7f, 0xc0, 0, 0, 0x7f, 0x80, 0, 0);
    expect([...decodeElements(bytes, { ...encoding("float32"), allowNonFinite: true })]).toEqual([Number.NaN, 1 / 0]);
  });
});

describe("encodeElements", () => {
  it("is undone by decodeElements, for a view into a larger buffer too", () => {
    const view = Float32Array.of(0, 1.5, -2).subarray(1);
    const bytes = encodeElements(view);
    expect([...bytes]).toEqual([0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
    expect(decodeElements(bytes, encoding("float32", true))).toEqual(view);
  });
});

describe("byteLengthOf", () => {
  it("is the product of the sizes, undefined beyond 2⁵³", () => {
    expect(byteLengthOf([2, 3], "float64")).toBe(48);
    expect(byteLengthOf([], "int32")).toBe(4);
    expect(byteLengthOf([2 ** 32, 2 ** 32], "uint8")).toBeUndefined();
    expect(byteLengthOf([2 ** 32, 2 ** 32, 0], "uint8")).toBe(0);
  });
});
