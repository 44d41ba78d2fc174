import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ShapeError, UsageError } from "../errors.ts";
import { offsetsOf } from "../layout/offsets.ts";
import {
  broadcastShapes,
  broadcastStrides,
  checkShape,
  dims,
  extentOf,
  isContiguous,
  normalizeAxes,
  normalizeAxis,
  reshapeStrides,
  sameShape,
  sizeOf,
  stridesOf,
} from "./shape.ts";

describe("sizeOf", () => {
  it("is the product, 1 for a scalar, 0 with an empty axis", () => {
    expect(sizeOf([2, 3, 4])).toBe(24);
    expect(sizeOf([])).toBe(1);
    expect(sizeOf([2, 0])).toBe(0);
  });
});

describe("stridesOf", () => {
  it("is row-major", () => {
    expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
    expect(stridesOf([])).toEqual([]);
  });
});

describe("isContiguous", () => {
  it("holds for row-major layouts, whatever the stride of an axis of size 1", () => {
    expect(isContiguous({ shape: [2, 3], strides: [3, 1], offset: 5 })).toBe(true);
    expect(isContiguous({ shape: [2, 1, 3], strides: [3, 99, 1], offset: 0 })).toBe(true);
    expect(isContiguous({ shape: [0, 3], strides: [7, 7], offset: 0 })).toBe(true);
  });

  it("fails for transposes, gaps, broadcasts and flips", () => {
    for (const strides of [
      [1, 2],
      [4, 1],
      [0, 1],
      [3, -1],
    ]) {
      expect(isContiguous({ shape: [2, 3], strides, offset: 0 })).toBe(false);
    }
  });
});

describe("sameShape", () => {
  it("compares rank and sizes", () => {
    expect(sameShape([2, 3], [2, 3])).toBe(true);
    expect(sameShape([2, 3], [2])).toBe(false);
    expect(sameShape([2, 3], [3, 2])).toBe(false);
  });
});

describe("checkShape", () => {
  it("refuses negative and fractional sizes", () => {
    expect(() => checkShape("here", [2, 0])).not.toThrow();
    expect(() => checkShape("here", [-1])).toThrow(ShapeError);
    expect(() => checkShape("here", [1.5])).toThrow("here: sizes must be whole numbers ≥ 0 (got [1.5]).");
  });
});

describe("broadcastShapes", () => {
  it("aligns at the right and stretches ones", () => {
    expect(broadcastShapes("f", [[3, 1, 4], [2, 1], []])).toEqual([3, 2, 4]);
    expect(
      broadcastShapes("f", [
        [1, 5],
        [0, 1],
      ]),
    ).toEqual([0, 5]);
  });

  it("names both shapes and the sizes that differ", () => {
    expect(() => broadcastShapes("f", [[2, 3], [4]])).toThrow("f: shapes [2, 3] and [4] do not broadcast: 3 ≠ 4.");
    expect(() => broadcastShapes("f", [[0], [3]])).toThrow(ShapeError);
  });
});

describe("broadcastStrides", () => {
  it("does not move along stretched and missing axes", () => {
    expect(broadcastStrides({ shape: [3, 1], strides: [7, 5] }, [2, 3, 4])).toEqual([0, 7, 0]);
  });
});

describe("extentOf", () => {
  it("is the first and last place, also with negative strides", () => {
    expect(extentOf({ shape: [2, 3], strides: [3, 1], offset: 10 })).toEqual([10, 15]);
    expect(extentOf({ shape: [3], strides: [-2], offset: 4 })).toEqual([0, 4]);
  });

  it("is empty for no elements", () => {
    const [first, last] = extentOf({ shape: [0, 3], strides: [3, 1], offset: 10 });
    expect(last).toBeLessThan(first);
  });
});

describe("reshapeStrides", () => {
  const view = (shape: number[], strides: number[], target: number[]) => reshapeStrides({ shape, strides }, target);

  it("is row-major for a row-major layout", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5 }), fc.nat(5), (shape, cut) => {
        const target = [sizeOf(shape.slice(0, cut)), sizeOf(shape.slice(cut))];
        const strides = reshapeStrides({ shape, strides: stridesOf(shape) }, target) as number[];
        expect(isContiguous({ shape: target, strides, offset: 0 })).toBe(true);
      }),
    );
  });

  it("splits a strided axis and joins axes that lie in a row", () => {
    expect(view([4, 6], [1, 4], [2, 2, 6])).toEqual([2, 1, 4]);
    expect(view([2, 3, 4], [100, 8, 2], [2, 12])).toEqual([100, 2]);
  });

  it("keeps broadcast axes", () => {
    expect(view([2, 3], [0, 1], [2, 1, 3])?.filter((_, axis) => axis !== 1)).toEqual([0, 1]);
    expect(view([2, 3], [0, 0], [6])).toEqual([0]);
  });

  it("is null where only a copy can do it", () => {
    expect(view([2, 3], [1, 2], [6])).toBeNull();
    expect(view([2, 3], [0, 1], [6])).toBeNull();
  });

  it("visits the elements of any layout in the same order", () => {
    const axis = fc.record({ n: fc.integer({ min: 1, max: 3 }), stride: fc.integer({ min: -4, max: 4 }) });
    fc.assert(
      fc.property(fc.array(axis, { maxLength: 4 }), fc.nat(4), (axes, cut) => {
        const [shape, strides] = [axes.map(({ n }) => n), axes.map(({ stride }) => stride)];
        const target = [...shape.slice(0, cut), 1, sizeOf(shape.slice(cut))];
        const result = reshapeStrides({ shape, strides }, target);
        if (result !== null) expect(offsetsOf(target, result)).toEqual(offsetsOf(shape, strides));
      }),
    );
  });
});

describe("normalizeAxis", () => {
  it("counts negative axes from the end", () => {
    expect(normalizeAxis("f", -1, 3)).toBe(2);
    expect(normalizeAxis("f", 0, 1)).toBe(0);
  });

  it("names the range", () => {
    expect(() => normalizeAxis("f", 2, 2)).toThrow("f: axis is out of range (expected -2 … 1, got 2).");
    expect(() => normalizeAxis("f", 0, 0)).toThrow("expected no axis (the tensor is a scalar)");
    expect(() => normalizeAxis("f", 0.5, 2)).toThrow(UsageError);
  });
});

describe("normalizeAxes", () => {
  it("gives sorted axes, all of them by default", () => {
    expect(normalizeAxes("f", [-1, 0], 3)).toEqual([0, 2]);
    expect(normalizeAxes("f", undefined, 2)).toEqual([0, 1]);
    expect(normalizeAxes("f", 1, 2)).toEqual([1]);
  });

  it("refuses an axis that is named twice", () => {
    expect(() => normalizeAxes("f", [0, -2], 2)).toThrow("f: the same axis is named twice (got [0, -2]).");
  });
});

describe("dims", () => {
  it("gives as many numbers as were asked for, and refuses another rank", () => {
    const [rows, columns]: readonly [number, number] = dims([2, 3], 2);
    expect([rows, columns]).toEqual([2, 3]);
    expect(() => dims([2, 3, 4], 2, "f")).toThrow("f: needs 2 axes (got [2, 3, 4]).");
  });
});
