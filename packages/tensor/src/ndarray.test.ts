import { describe, expect, it } from "vitest";
import { cpu } from "./backends/cpu.ts";
import { Device } from "./device.ts";
import { UsageError } from "./errors.ts";
import { fromNdarray, type NdarrayView, toNdarray, toNdarrayAsync } from "./ndarray.ts";
import { mul } from "./ops/arithmetic.ts";
import { transpose } from "./ops/permute.ts";
import { tensor } from "./tensor/create.ts";
import type { TypedArray } from "./tensor/dtype.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());

/** The public fields of what the package `ndarray` makes, and its `get`. */
const ndarray = (data: TypedArray, shape: number[], stride: number[], offset: number) => ({
  data,
  shape,
  stride,
  offset,
  get: (...index: number[]) => data[index.reduce((place, i, axis) => place + i * (stride[axis] as number), offset)],
});

/** A device that has its memory elsewhere. */
const far = new Device({
  name: "far",
  adapter: "test",
  kernels: new Map(),
  allocate: (dtype, length) => cpu.backend.allocate(dtype, length),
  free() {},
  write: (handle, list) => cpu.backend.write(handle, list),
  read: (handle) => cpu.backend.read(handle),
});

describe("fromNdarray", () => {
  const data = Float64Array.of(0, 1, 2, 3, 4, 5, 6);

  it("reads offsets, strides and negative strides, sharing the memory", () => {
    const t = fromNdarray(ndarray(data, [2, 3], [-3, 1], 4));
    expect([t.dtype, t.shape]).toEqual(["float64", [2, 3]]);
    expect(values(t)).toEqual([4, 5, 6, 1, 2, 3]);
    data[4] = 40;
    expect(values(t)[0]).toBe(40);
    data[4] = 4;
    expect(values(mul(t, 2))).toEqual([8, 10, 12, 2, 4, 6]);
  });

  it("counts the memory while the tensor lives, and never hands it to another tensor", () => {
    const before = { ...cpu.memory };
    const own = new Float64Array(4321);
    const t = fromNdarray(ndarray(own, [4321], [1], 0));
    expect(cpu.memory.bytes - before.bytes).toBe(own.byteLength);
    t.dispose();
    expect(cpu.memory.bytes).toBe(before.bytes);
    expect(cpu.backend.allocate("float64", 4321)).not.toBe(own);
  });

  it("copies where dtype or device differ", () => {
    const view = ndarray(data, [2], [2], 1);
    const narrow = fromNdarray(view, { dtype: "float32" });
    const away = fromNdarray(view, { device: far });
    data[1] = 10;
    expect([values(narrow), values(away)]).toEqual([
      [1, 3],
      [1, 3],
    ]);
    expect([narrow.dtype, away.dtype]).toEqual(["float32", "float64"]);
    data[1] = 1;
  });

  it("copies element types that tensors do not have, and data behind `get`", () => {
    const bytes: NdarrayView = { data: Uint8Array.of(7, 8, 9), shape: [2], stride: [-1], offset: 2 };
    expect(values(fromNdarray(bytes))).toEqual([9, 8]);
    const generic: NdarrayView = { data: { length: 4, get: (i) => i * i }, shape: [2], stride: [2], offset: 1 };
    expect([fromNdarray(generic).dtype, ...values(fromNdarray(generic))]).toEqual(["float32", 1, 9]);
  });

  it("refuses a view that reaches outside of its data", () => {
    expect(() => fromNdarray(ndarray(data, [3], [3], 0))).not.toThrow();
    expect(() => fromNdarray(ndarray(data, [3], [3], 1))).toThrow(UsageError);
    expect(() => fromNdarray(ndarray(data, [2], [-1], 0))).toThrow("expected 0 … 6, got [-1, 0]");
    expect(fromNdarray(ndarray(data, [0], [1], 99)).size).toBe(0);
  });
});

describe("toNdarray", () => {
  it("shares memory and layout, and keeps the memory when the tensor is gone", () => {
    const t = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const flipped = transpose(t);
    const view = toNdarray(flipped, ndarray);
    expect([view.shape, view.stride]).toEqual([
      [3, 2],
      [1, 3],
    ]);
    expect(view.get(2, 1)).toBe(6);
    view.data[0] = 10;
    expect(values(t)[0]).toBe(10);
    for (const handle of [t, flipped]) handle.dispose();
    expect(cpu.backend.allocate("float32", 6)).not.toBe(view.data);
  });

  it("copies from a device that does not share its memory", async () => {
    const t = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { device: far },
    );
    for (const view of [toNdarray(transpose(t), ndarray), await toNdarrayAsync(transpose(t), ndarray)]) {
      expect([view.stride, view.get(0, 1), view.get(1, 0)]).toEqual([[2, 1], 3, 2]);
    }
  });

  it("goes there and back", () => {
    const t = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(values(fromNdarray(toNdarray(transpose(t), ndarray)))).toEqual([1, 3, 2, 4]);
  });
});
