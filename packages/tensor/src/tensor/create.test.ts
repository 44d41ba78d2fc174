import { describe, expect, it } from "vitest";
import { cpu } from "../backends/cpu.ts";
import { Device } from "../device.ts";
import { DtypeError, ShapeError, UsageError } from "../errors.ts";
import { transpose } from "../ops/permute.ts";
import { slice } from "../ops/slice.ts";
import { eye, fromTypedArray, full, generate, normal, ones, tensor, to, uniform, write, zeros } from "./create.ts";
import { Rng } from "./rng.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());

describe("fromTypedArray", () => {
  it("is tensor with a shape: the dtype stays, values are copied", () => {
    const source = Int32Array.of(1, 2, 3, 4);
    const t = fromTypedArray(source, [2, 2]);
    source[0] = 9;
    expect([t.dtype, t.shape, values(t)]).toEqual(["int32", [2, 2], [1, 2, 3, 4]]);
    expect(fromTypedArray(Float64Array.of(1)).shape).toEqual([1]);
    expect(() => fromTypedArray(source, [3])).toThrow(
      "fromTypedArray: shape [3] does not hold the values (expected 3, got 4).",
    );
  });
});

describe("tensor", () => {
  it("takes numbers nested to any depth", () => {
    expect(tensor(3).shape).toEqual([]);
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
    const deep = tensor([
      [[1], [2]],
      [[3], [4]],
    ]);
    expect(deep.shape).toEqual([2, 2, 1]);
    expect(values(deep)).toEqual([1, 2, 3, 4]);
  });

  it("keeps a typed array's dtype and copies its values", () => {
    const source = Int32Array.of(1, 2);
    const t = tensor(source);
    source[0] = 9;
    expect([t.dtype, ...values(t)]).toEqual(["int32", 1, 2]);
  });

  it("takes a shape and another dtype", () => {
    const t = tensor(new Float64Array([1, 2, 3, 4]), { shape: [2, 2], dtype: "float32" });
    expect([t.shape, t.dtype]).toEqual([[2, 2], "float32"]);
    expect(tensor([1, 2, 3, 4], { shape: [4, 1] }).shape).toEqual([4, 1]);
  });

  it("refuses ragged nesting at every depth", () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(ShapeError);
    expect(() => tensor([1, [2]])).toThrow(ShapeError);
    expect(() =>
      tensor([
        [[1], [2]],
        [[3, 4], []],
      ]),
    ).toThrow("tensor: nested arrays are ragged");
  });

  it("refuses a shape that does not hold the values", () => {
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow(
      "tensor: shape [2, 2] does not hold the values (expected 4, got 3).",
    );
    expect(() => tensor([1], { shape: [-1] })).toThrow(ShapeError);
  });

  it("refuses to make int32 of what is not whole", () => {
    for (const bad of [0.5, Number.NaN, 2 ** 31]) expect(() => tensor([bad], { dtype: "int32" })).toThrow(UsageError);
    expect(values(tensor([-(2 ** 31), 2 ** 31 - 1], { dtype: "int32" }))).toEqual([-(2 ** 31), 2 ** 31 - 1]);
  });
});

describe("full, zeros, ones, eye, generate", () => {
  it("fill shapes", () => {
    expect(values(full([2], 7))).toEqual([7, 7]);
    expect(values(zeros([0]))).toEqual([]);
    expect(ones([], { dtype: "int32" }).dtype).toBe("int32");
    expect(values(eye(2))).toEqual([1, 0, 0, 1]);
    expect(values(generate([2, 2], {}, (i) => i * i))).toEqual([0, 1, 4, 9]);
    expect(() => zeros([2.5])).toThrow(ShapeError);
  });
});

describe("uniform, normal", () => {
  it("are the stream's numbers in row-major order", () => {
    const t = uniform(new Rng(1), [2, 2], { low: -1, high: 3, dtype: "float64" });
    const rng = new Rng(1);
    expect(values(t)).toEqual(Array.from({ length: 4 }, () => -1 + 4 * rng.uniform()));
    const z = new Rng(1);
    expect(values(normal(new Rng(1), [3], { mean: 2, deviation: 0.5, dtype: "float64" }))).toEqual(
      Array.from({ length: 3 }, () => 2 + 0.5 * z.normal()),
    );
  });
});

describe("to", () => {
  it("copies to another device, row-major", async () => {
    const device = new Device(cpu.backend);
    const moved = await to(
      transpose(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
      device,
    );
    expect(moved.device).toBe(device);
    expect(values(moved)).toEqual([1, 3, 2, 4]);
  });
});

describe("write", () => {
  it("overwrites the values and counts the version up", () => {
    const t = zeros([2]);
    write(t, Float32Array.of(1, 2));
    expect(values(t)).toEqual([1, 2]);
    expect(t.storage.version).toBe(1);
  });

  it("refuses another size, another dtype, parts and transposes", () => {
    const t = zeros([2, 3]);
    expect(() => write(t, new Float32Array(5))).toThrow(ShapeError);
    expect(() => write(t, new Float64Array(6))).toThrow(DtypeError);
    expect(() => write(slice(t, [[0, 1]]), new Float32Array(3))).toThrow(ShapeError);
    expect(() => write(transpose(t), new Float32Array(6))).toThrow(ShapeError);
    expect(t.storage.version).toBe(0);
  });
});
