import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readIdx } from "./idx.ts";

/** An IDX file of a type code, a shape and the elements' bytes. */
function idx(code: number, shape: readonly number[], elements: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + elements.length);
  bytes.set([0, 0, code, shape.length]);
  shape.forEach((size, axis) => {
    new DataView(bytes.buffer).setUint32(4 + 4 * axis, size);
  });
  bytes.set(elements, 4 + 4 * shape.length);
  return bytes;
}
const refusal = (details: Record<string, unknown>) =>
  expect.objectContaining({ name: "DataError", details: expect.objectContaining({ file: "f.idx", ...details }) });
const read = (bytes: Uint8Array) => readIdx(bytes, { file: "f.idx" });

describe("readIdx", () => {
  it("keeps unsigned bytes as a view of the file", () => {
    const bytes = idx(0x08, [2, 3], [0, 1, 2, 3, 254, 255]);
    const { data, shape, dataOffset } = read(bytes);
    expect([shape, dataOffset, ...data]).toEqual([[2, 3], 12, 0, 1, 2, 3, 254, 255]);
    expect(data.buffer).toBe(bytes.buffer);
  });

  it.each([
    [0x09, [0xff], Int32Array.of(-1)],
    [0x0b, [0xff, 0xfe], Int32Array.of(-2)],
    [0x0c, [0, 0, 1, 0], Int32Array.of(256)],
    [0x0d, [0x3f, 0xc0, 0, 0], Float32Array.of(1.5)],
    [0x0e, [0xbf, 0xe0, 0, 0, 0, 0, 0, 0], Float64Array.of(-0.5)],
  ])("reads type code %i, big-endian", (code, elements, expected) => {
    expect(read(idx(code, [1], elements)).data).toEqual(expected);
  });

  it("reads bytes that begin in the middle of a buffer", () => {
    const outer = Uint8Array.of(9, 9, 9, ...idx(0x0c, [1], [0, 0, 0, 5]));
    expect(read(outer.subarray(3)).data).toEqual(Int32Array.of(5));
  });

  it.each([
    ["PNG", Uint8Array.of(0x89, 0x50, 0x4e, 0x47)],
    ["a first byte", idx(0x08, [1], [7]).fill(1, 0, 1)],
    ["a second byte", idx(0x08, [1], [7]).fill(1, 1, 2)],
    ["a type code", idx(0x0a, [1], [7])],
  ])("refuses a wrong magic number: %s", (_, bytes) => {
    expect(() => read(bytes)).toThrow(refusal({ byte: 0 }));
  });

  it("says what it found and what to do", () => {
    expect(() => read(Uint8Array.of(0x89, 0x50, 0x4e, 0x47))).toThrowErrorMatchingInlineSnapshot(
      `[DataError: f.idx, byte 0: wrong magic number (expected 00 00, then a type code 08, 09, 0b, 0c, 0d or 0e, got 89 50 4e 47). This is not an IDX file: check the path, or get the file again.]`,
    );
    expect(() => read(idx(0x08, [2, 3], [1, 2, 3]))).toThrowErrorMatchingInlineSnapshot(
      `[DataError: f.idx, byte 15: file is cut short (expected 18 bytes for uint8 [2, 3], got 15 bytes). The file is damaged or of another kind: get it again.]`,
    );
  });

  it("refuses no axes and axes of size 0", () => {
    expect(() => read(Uint8Array.of(0, 0, 8, 0))).toThrow(refusal({ byte: 3 }));
    expect(() => read(idx(0x08, [2, 0, 3], []))).toThrow(refusal({ byte: 8 }));
  });

  it("refuses a file cut short at any byte, and one that is too long", () => {
    const whole = idx(0x0b, [2, 2], [0, 1, 0, 2, 0, 3, 0, 4]);
    for (let length = 0; length < whole.length; length++) {
      expect(() => read(whole.subarray(0, length))).toThrow(refusal({ byte: length }));
    }
    expect(() => read(Uint8Array.of(...whole, 0))).toThrow(refusal({ byte: whole.length }));
  });

  it("refuses sizes whose product no file has", () => {
    const huge = idx(0x0e, [0xffffffff, 0xffffffff, 0xffffffff], [1]);
    expect(() => read(huge)).toThrow(refusal({ byte: huge.length }));
  });

  it("refuses NaN, naming its byte", () => {
    expect(() => read(idx(0x0d, [2], [0, 0, 0, 0, 0x7f, 0xc0, 0, 0]))).toThrow(refusal({ byte: 12 }));
  });

  it("gives as many elements as its shape says, or a DataError, for any bytes", () => {
    const header = fc
      .tuple(fc.constantFrom(8, 9, 11, 12, 13, 14, 10), fc.nat(3))
      .map(([code, rank]) => [0, 0, code, rank]);
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 24 }), (start, rest) => {
        try {
          const { data, shape } = read(Uint8Array.of(...start, ...rest));
          expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
        } catch (error) {
          expect(error).toMatchObject({ name: "DataError" });
        }
      }),
    );
  });
});
