import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TypedArray } from "../../dtype.ts";
import { sumOp } from "../../ops/sum.ts";
import { Rng } from "../../rng.ts";
import { without } from "../../rows.ts";
import { type Shape, sizeOf, stridesOf } from "../../shape.ts";
import { sumKernel } from "./reduce.ts";

/** Run kernel and reference on the same random values. */
function both(shape: Shape, axes: number[], make: (n: number) => TypedArray, strides = stridesOf(shape)) {
  const rng = new Rng(shape.length);
  const data = make(sizeOf(shape) + 3).map(() => rng.normal() * 100);
  const x = { shape, strides, offset: 3, dtype: "float32" as const, data, handle: data };
  const output = () => {
    const kept = without(shape, axes);
    const values = make(sizeOf(kept) + 1).fill(-1);
    return {
      shape: kept,
      strides: stridesOf(kept),
      offset: 1,
      dtype: "float32" as const,
      data: values,
      handle: values,
    };
  };
  const [fast, plain] = [output(), output()];
  const ran = sumKernel([fast], [x], { axes, keep: false }, sumOp) !== false;
  sumOp.reference([plain], [x], { axes, keep: false });
  return { ran, fast: fast.data, plain: plain.data };
}

const makers = [
  (n: number) => new Float32Array(n),
  (n: number) => new Float64Array(n),
  (n: number) => new Int32Array(n),
];

describe("sumKernel", () => {
  it("gives the bits of the reference over any neighbouring axes of any dtype", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sizes, fc.nat(3), fc.nat(3), fc.constantFrom(...makers), (shape, a, b, make) => {
        const [low, high] = [Math.min(a, b) % shape.length, Math.max(a, b) % shape.length];
        const axes = shape
          .map((_, axis) => axis)
          .filter((axis) => axis >= Math.min(low, high) && axis <= Math.max(low, high));
        const { ran, fast, plain } = both(shape, axes, make);
        expect(ran).toBe(true);
        expect(fast).toEqual(plain);
      }),
    );
  });

  it("gives the bits of the reference across chunks", () => {
    for (const [shape, axes] of [
      [[3000], [0]],
      [[7, 2500], [0]],
      [[2500, 3], [0]],
      [[3, 1100, 2], [1]],
    ] as const) {
      const { ran, fast, plain } = both(shape, [...axes], (n) => new Float32Array(n));
      expect(ran).toBe(true);
      expect(fast).toEqual(plain);
    }
  });

  it("passes over axes of size 1 between the summed ones", () => {
    const { ran, fast, plain } = both([3, 1, 4, 2], [0, 2], (n) => new Float64Array(n));
    expect(ran).toBe(true);
    expect(fast).toEqual(plain);
  });

  it("declines strided inputs, axes with others between them, and none", () => {
    expect(both([3, 4], [0], (n) => new Float32Array(n), [1, 3]).ran).toBe(false);
    expect(both([3, 2, 4], [0, 2], (n) => new Float32Array(n)).ran).toBe(false);
    expect(both([3], [], (n) => new Float32Array(n)).ran).toBe(false);
  });
});
