import type { TypedArray } from "@kronograd/tensor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readNpy, writeNpy } from "./npy.ts";

// Files that NumPy 2.4.6 wrote (numpy.lib.format.write_array), in base64.
// biome-ignore format: one file a line
const numpy = {
  f4C: "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAIA/AAAgwAAAQEBvEoM7AACgQMDhZEw=",
  f8F_be: "k05VTVBZAQB2AHsnZGVzY3InOiAnPmY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo/8AAAAAAAAD9wYk3S8an8wAQAAAAAAABAFAAAAAAAAEAIAAAAAAAAQYycOAAAAAA=",
  i4C_be: "k05VTVBZAQB2AHsnZGVzY3InOiAnPmk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAB/////gAAAAN/////",
  i8: "k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr7/////////wcAAAAAAAAA",
  i8_big: "k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAAAAAAAAAAAAAIAAAAAA",
  b1: "k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAAE=",
  f2: "k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDQsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAPgC0/3sBAA==",
  u1_scalar: "k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIArI",
  v2: "k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAADwPwAAAAAAAABA",
  v3: "k05VTVBZAwB0AAAAeydkZXNjcic6ICc8ZjgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAADwPwAAAAAAAABA",
  f3d: "k05VTVBZAQB2AHsnZGVzY3InOiAnPGk0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgNCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAADAAAAAQAAAAQAAAACAAAABQAAAABAAAADQAAAAUAAAARAAAACQAAABUAAAACAAAADgAAAAYAAAASAAAACgAAABYAAAADAAAADwAAAAcAAAATAAAACwAAABcAAAA=",
  empty: "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDAsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo=",
  struct: "k05VTVBZAQB2AHsnZGVzY3InOiBbKCdhJywgJzxmNCcpLCAoJ2InLCAnPGk0JyldLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAAAAA",
  complex: "k05VTVBZAQB2AHsnZGVzY3InOiAnPGM4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAAAAA",
  nan: "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAAPh/AAAAAAAA8D8=",
};
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
const refusal = (details: Record<string, unknown> = {}) =>
  expect.objectContaining({ name: "DataError", details: expect.objectContaining({ file: "f.npy", ...details }) });
const read = (bytes: Uint8Array) => readNpy(bytes, { file: "f.npy" });

describe("readNpy", () => {
  it.each([
    ["float32", numpy.f4C, [2, 3], Float32Array.of(1, -2.5, 3, 4e-3, 5, 6e7)],
    ["float64, big-endian, Fortran order", numpy.f8F_be, [2, 3], Float64Array.of(1, -2.5, 3, 4e-3, 5, 6e7)],
    ["int32, big-endian", numpy.i4C_be, [2, 2], Int32Array.of(1, -2, 3, 2 ** 31 - 1)],
    ["int64 that fits", numpy.i8, [2], Int32Array.of(-5, 7)],
    ["booleans", numpy.b1, [3], Int32Array.of(1, 0, 1)],
    ["float16", numpy.f2, [4], Float32Array.of(1.5, -0.25, 65504, 2 ** -24)],
    ["a scalar of bytes", numpy.u1_scalar, [], Int32Array.of(200)],
    ["version 2", numpy.v2, [2], Float64Array.of(1, 2)],
    ["version 3", numpy.v3, [2], Float64Array.of(1, 2)],
    ["three axes in Fortran order", numpy.f3d, [2, 3, 4], Int32Array.from({ length: 24 }, (_, i) => i)],
    ["no elements", numpy.empty, [0, 3], Float32Array.of()],
  ])("reads %s as NumPy wrote it", (_, base64, shape, data) => {
    expect(read(bytesOf(base64))).toEqual({ data, shape });
  });

  it.each([
    ["a structured dtype", numpy.struct],
    ["complex numbers", numpy.complex],
    ["an int64 that does not fit", numpy.i8_big],
    ["NaN", numpy.nan],
  ])("refuses %s", (_, base64) => {
    expect(() => read(bytesOf(base64))).toThrow(refusal());
  });

  it("names the byte of a value that cannot be used, and keeps NaN where asked", () => {
    expect(() => read(bytesOf(numpy.nan))).toThrow(refusal({ byte: 136 }));
    expect([...readNpy(bytesOf(numpy.nan), { allowNonFinite: true }).data]).toEqual([0, Number.NaN, 1]);
  });

  it("refuses a file cut short at any byte, and one that is too long", () => {
    for (const base64 of [numpy.f4C, numpy.v2, numpy.u1_scalar]) {
      const whole = bytesOf(base64);
      for (let length = 0; length < whole.length; length++) {
        expect(() => read(whole.subarray(0, length))).toThrow(refusal());
      }
      expect(() => read(Uint8Array.of(...whole, 0))).toThrow(refusal({ byte: whole.length }));
    }
  });

  it("refuses another magic number and version", () => {
    const file = bytesOf(numpy.f4C);
    expect(() => read(Uint8Array.of(0x50, 0x4b, 3, 4))).toThrow(refusal({ byte: 0 }));
    for (const version of [
      [0, 0],
      [4, 0],
      [1, 1],
    ]) {
      const altered = file.slice();
      altered.set(version, 6);
      expect(() => read(altered)).toThrow(refusal({ byte: 6, got: version.join(".") }));
    }
  });

  it("says what it found and what to do", () => {
    expect(() => read(bytesOf(numpy.f4C).subarray(0, 140))).toThrowErrorMatchingInlineSnapshot(
      `[DataError: f.npy, byte 140: file is cut short (expected 24 bytes of elements for float32 [2, 3], got 12 bytes). The file is damaged or of another kind: get it again.]`,
    );
    expect(() => read(bytesOf(numpy.complex))).toThrowErrorMatchingInlineSnapshot(
      `[DataError: f.npy, byte 10: dtype cannot be read (expected "<" or ">" and one of b1, u1, i1, u2, i2, u4, i4, u8, i8, f2, f4, f8, got "<c8"). Save the array as float32, float64 or int32.]`,
    );
  });

  it("gives as many values as its shape says, or a DataError, whatever byte is altered", () => {
    const file = bytesOf(numpy.f4C);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (at, byte) => {
        const altered = file.slice();
        altered[at] = byte;
        try {
          const { data, shape } = read(altered);
          expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
        } catch (error) {
          expect(error).toMatchObject({ name: "DataError" });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("writeNpy", () => {
  it("writes NumPy's own bytes", () => {
    const whole = bytesOf(numpy.f4C);
    expect(writeNpy({ data: Float32Array.of(1, -2.5, 3, 4e-3, 5, 6e7), shape: [2, 3] })).toEqual(whole);
    expect(writeNpy({ data: new Float32Array(0), shape: [0, 3] })).toEqual(bytesOf(numpy.empty));
  });

  it("is undone by readNpy for any array", () => {
    const arrays: fc.Arbitrary<TypedArray> = fc.oneof(
      fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 20 }),
      fc.float64Array({ noNaN: true, noDefaultInfinity: true, maxLength: 20 }),
      fc.int32Array({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(arrays, fc.boolean(), (data, column) => {
        const shape = column ? [data.length, 1] : [data.length];
        expect(read(writeNpy({ data, shape }))).toEqual({ data, shape });
      }),
    );
  });

  it("starts elements at a multiple of 64 bytes", () => {
    for (const shape of [[1], [1, 1, 1], new Array(32).fill(1)]) {
      expect((writeNpy({ data: Float32Array.of(1), shape }).length - 4) % 64).toBe(0);
    }
  });

  it("throws ShapeError for a shape that does not hold the values, or of more axes than NumPy reads", () => {
    expect(() => writeNpy({ data: new Float32Array(3), shape: [2] })).toThrow(
      expect.objectContaining({ name: "ShapeError" }),
    );
    expect(() => writeNpy({ data: new Float32Array(1), shape: new Array(33).fill(1) })).toThrow(
      expect.objectContaining({ name: "ShapeError", got: 33 }),
    );
  });
});
