import type { TypedArray } from "@kronograd/tensor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HostArray } from "./elements.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

// Written by the Python package safetensors 0.8.0, in base64.
const reference =
  "gAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJtYWRlIGJ5Ijoic2FmZXRlbnNvcnMgMC44LjAifSwibiI6eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzAsMTZdfSwiZCI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzE2LDI0XX0sInciOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsMl0sImRhdGFfb2Zmc2V0cyI6WzI0LDQwXX0sImIiOnsiZHR5cGUiOiJJMzIiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOls0MCw0OF19LCJoIjp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbNDgsNTJdfSwidSI6eyJkdHlwZSI6IlU4Iiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbNTIsNTNdfX0gICAgICAFAAAAAAAAAPr/////////mpmZmZmZuT8AAIA/AAAAwAAAYEAAAIBABwAAAPj///8APgC0yA==";
const read = (bytes: Uint8Array) => readSafetensors(bytes, { file: "f" });
const refusal = (details: Record<string, unknown> = {}) =>
  expect.objectContaining({
    name: "DataError",
    details: expect.objectContaining({ file: expect.stringMatching(/^f/), ...details }),
  });

/** A file of a header, as JSON or as text, and `size` zero bytes. */
function file(header: unknown, size: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

describe("readSafetensors", () => {
  it("reads what the reference implementation wrote", () => {
    const { tensors, metadata } = read(new Uint8Array(Buffer.from(reference, "base64")));
    expect(Object.fromEntries(metadata)).toEqual({ "made by": "safetensors 0.8.0" });
    expect(Object.fromEntries(tensors)).toEqual({
      n: { shape: [2], data: Int32Array.of(5, -6) },
      d: { shape: [1], data: Float64Array.of(0.1) },
      w: { shape: [2, 2], data: Float32Array.of(1, -2, 3.5, 4) },
      b: { shape: [2], data: Int32Array.of(7, -8) },
      h: { shape: [2], data: Float32Array.of(1.5, -0.25) },
      u: { shape: [1], data: Int32Array.of(200) },
    });
  });

  it("reads empty tensors, scalars and BF16", () => {
    const header = { e: f32(0, 0, [0, 3]), s: { dtype: "BF16", shape: [], data_offsets: [0, 2] } };
    const { tensors } = read(file(header, 2));
    expect(tensors.get("e")).toEqual({ shape: [0, 3], data: new Float32Array(0) });
    expect(tensors.get("s")).toEqual({ shape: [], data: Float32Array.of(0) });
  });

  it("refuses a file cut short at any byte, and one that is too long", () => {
    const whole = writeSafetensors(
      new Map([["w", { data: Float32Array.of(1, 2), shape: [2] }]]),
      new Map([["a", "b"]]),
    );
    read(whole);
    for (let length = 0; length < whole.length; length++) {
      expect(() => read(whole.subarray(0, length))).toThrow(refusal());
    }
    expect(() => read(Uint8Array.of(...whole, 0))).toThrow(refusal({ byte: whole.length }));
  });

  it.each([
    ["tensors that overlap", { a: f32(0, 8), b: f32(4, 12) }, 12],
    ["tensors in one place", { a: f32(0, 8), b: f32(0, 8) }, 8],
    ["a gap", { a: f32(0, 4), b: f32(8, 12) }, 12],
    ["a gap at the start", { a: f32(4, 8) }, 8],
    ["an end beyond the file", { a: f32(0, 8) }, 4],
    ["an end before its begin", { a: f32(8, 4, []) }, 8],
    ["offsets beyond 2⁵³", { a: { dtype: "F32", shape: [1], data_offsets: [2 ** 60, 2 ** 60 + 4] } }, 4],
    ["a shape of larger size", { a: f32(0, 8, [3]) }, 8],
    ["a shape of smaller size", { a: f32(0, 8, [1]) }, 8],
    ["a negative size", { a: f32(0, 4, [-1, -1]) }, 4],
    ["a fractional size", { a: f32(0, 4, [0.5, 2]) }, 4],
    ["three offsets", { a: { dtype: "F32", shape: [1], data_offsets: [0, 4, 8] } }, 4],
    ["a dtype it does not know", { a: { dtype: "F8_E4M3", shape: [4], data_offsets: [0, 4] } }, 4],
    ["a field it does not know", { a: { ...f32(0, 4), strides: [1] } }, 4],
    ["a tensor that is no object", { a: 3 }, 0],
    ["metadata that is no text", { __metadata__: { epoch: 3 } }, 0],
    ["a header that is a list", [1, 2], 0],
    ["a header that starts with space", " {}", 0],
    ["a header that is no JSON", '{"a":', 0],
    ["a tensor named twice", `{"a":${JSON.stringify(f32(0, 4))},"a":${JSON.stringify(f32(0, 4, [1, 1]))}}`, 4],
  ])("refuses %s", (_, header, size) => {
    expect(() => read(file(header, size))).toThrow(refusal());
  });

  it("refuses a header that is longer than the format allows, and one that is not UTF-8", () => {
    expect(() => read(new TextEncoder().encode("GGUF and then some"))).toThrow(refusal({ byte: 0 }));
    const bytes = file('{"a":1}', 0);
    bytes[10] = 0xff;
    expect(() => read(bytes)).toThrow(refusal({ byte: 8 }));
  });

  it("refuses NaN, naming the tensor and the byte, unless asked to keep it", () => {
    const bytes = writeSafetensors(new Map([["w", { data: Float32Array.of(1, Number.NaN), shape: [2] }]]));
    expect(() => read(bytes)).toThrow(refusal({ file: 'f, tensor "w"', byte: bytes.length - 4 }));
    expect(readSafetensors(bytes, { allowNonFinite: true }).tensors.get("w")?.data[1]).toBeNaN();
  });

  it("says what it found and what to do", () => {
    expect(() => read(file({ a: f32(0, 8), b: f32(4, 12) }, 12))).toThrowErrorMatchingInlineSnapshot(
      `[DataError: f, byte 120: tensor "b" overlaps the tensor before it (expected 8, got 4). The file is damaged or of another kind: get it again.]`,
    );
  });

  it("gives tensors as large as their shapes say, or a DataError, whatever byte is altered", () => {
    const whole = new Uint8Array(Buffer.from(reference, "base64"));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const altered = whole.slice();
        altered[at] = byte;
        try {
          for (const { data, shape } of read(altered).tensors.values()) {
            expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
          }
        } catch (error) {
          expect(error).toMatchObject({ name: "DataError" });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("writeSafetensors", () => {
  it("is undone by readSafetensors for any names, types and shapes", () => {
    const data: fc.Arbitrary<TypedArray> = fc.oneof(
      fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 9 }),
      fc.float64Array({ noNaN: true, noDefaultInfinity: true, maxLength: 9 }),
      fc.int32Array({ maxLength: 9 }),
    );
    const array: fc.Arbitrary<HostArray> = data.map((values) => ({ data: values, shape: [1, values.length] }));
    const name = fc
      .oneof(fc.string(), fc.constantFrom("__proto__", "0", "constructor", "é\n"))
      .filter((n) => n !== "__metadata__");
    fc.assert(
      fc.property(fc.array(fc.tuple(name, array)), fc.array(fc.tuple(name, fc.string())), (tensors, metadata) => {
        const result = read(writeSafetensors(new Map(tensors), new Map(metadata)));
        expect(new Map(result.tensors)).toEqual(new Map(tensors));
        expect(new Map(result.metadata)).toEqual(new Map(metadata));
      }),
    );
  });

  it("gives equal bytes for equal contents in any order, with every tensor aligned", () => {
    const a = ["a", { data: Int32Array.of(1), shape: [1] }] as const;
    const b = ["b", { data: Float64Array.of(2), shape: [1] }] as const;
    const bytes = writeSafetensors(new Map<string, HostArray>([a, b]));
    expect(writeSafetensors(new Map<string, HostArray>([b, a]))).toEqual(bytes);
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    expect([...read(bytes).tensors.keys()]).toEqual(["b", "a"]);
  });

  it("throws for a shape that does not hold its values and for the format's own name", () => {
    const one = { data: Float32Array.of(1), shape: [1] };
    expect(() => writeSafetensors(new Map([["w", { ...one, shape: [2] }]]))).toThrow(
      expect.objectContaining({ name: "ShapeError" }),
    );
    expect(() => writeSafetensors(new Map([["__metadata__", one]]))).toThrow(
      expect.objectContaining({ name: "UsageError" }),
    );
  });
});
