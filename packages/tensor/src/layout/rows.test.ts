import { describe, expect, it } from "vitest";
import type { HostOperand } from "./operand.ts";
import { forEachLane, forEachRow, rowMajor, withOnes, without } from "./rows.ts";

const operand = (strides: number[], offset = 0): HostOperand => ({
  shape: [2, 3],
  strides,
  offset,
  dtype: "int32",
  data: Int32Array.from({ length: 20 }, (_, i) => i),
});

describe("without and withOnes", () => {
  it("drop or flatten axes", () => {
    expect(without([2, 3, 4], [1])).toEqual([2, 4]);
    expect(withOnes([2, 3, 4], [0, 2])).toEqual([1, 3, 1]);
  });
});

describe("rowMajor", () => {
  it("shares memory that lies row-major, and copies the rest", () => {
    const flat = operand([3, 1], 5);
    expect(rowMajor(flat)).toEqual(Int32Array.of(5, 6, 7, 8, 9, 10));
    expect(rowMajor(flat).buffer).toBe(flat.data.buffer);
    expect(rowMajor(operand([1, 2]))).toEqual(Int32Array.of(0, 2, 4, 1, 3, 5));
    expect(rowMajor(operand([0, -1], 4))).toEqual(Int32Array.of(4, 3, 2, 4, 3, 2));
  });
});

describe("forEachRow", () => {
  const rows = (axes: number[], strides = [3, 1]) => {
    const seen: number[][] = [];
    forEachRow(operand(strides, 1), axes, (row, positions) => {
      expect(row).toBe(seen.length);
      seen.push(Array.from(positions));
    });
    return seen;
  };

  it("visits one row for each index of the kept axes", () => {
    expect(rows([1])).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(rows([0])).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(rows([0, 1])).toEqual([[1, 2, 3, 4, 5, 6]]);
    expect(rows([])).toEqual([[1], [2], [3], [4], [5], [6]]);
  });

  it("follows strides", () => {
    expect(rows([1], [1, 2])).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ]);
  });
});

describe("forEachLane", () => {
  it("visits the vectors along an axis of a row-major array", () => {
    const seen: number[][] = [];
    forEachLane([2, 3, 2], 1, (start, step, n) => seen.push([start, step, n]));
    expect(seen).toEqual([
      [0, 2, 3],
      [1, 2, 3],
      [6, 2, 3],
      [7, 2, 3],
    ]);
  });
});
