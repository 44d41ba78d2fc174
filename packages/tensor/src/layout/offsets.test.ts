import { describe, expect, it } from "vitest";
import { batchOffsets, offsetsOf, outerSum, steps } from "./offsets.ts";

describe("steps", () => {
  it("may stand still or go backwards", () => {
    expect([...steps(3, 2)]).toEqual([0, 2, 4]);
    expect([...steps(3, 0)]).toEqual([0, 0, 0]);
    expect([...steps(2, -5)]).toEqual([0, -5]);
    expect([...steps(0, 4)]).toEqual([]);
  });
});

describe("outerSum", () => {
  it("lets the last list run fastest", () => {
    expect([...outerSum([0, 10], [1, 2, 3])]).toEqual([1, 2, 3, 11, 12, 13]);
  });

  it("of nothing is the one empty sum, of an empty list nothing", () => {
    expect([...outerSum()]).toEqual([0]);
    expect([...outerSum([1, 2], [])]).toEqual([]);
  });
});

describe("offsetsOf", () => {
  it("walks a transposed matrix row-major", () => {
    expect([...offsetsOf([3, 2], [1, 3])]).toEqual([0, 3, 1, 4, 2, 5]);
  });
});

describe("batchOffsets", () => {
  it("reads a stretched axis again and again", () => {
    expect([...batchOffsets({ shape: [2, 1, 3, 4], strides: [12, 12, 4, 1] }, [2, 3])]).toEqual([0, 0, 0, 12, 12, 12]);
    expect([...batchOffsets({ shape: [3, 4], strides: [4, 1] }, [2])]).toEqual([0, 0]);
  });
});
