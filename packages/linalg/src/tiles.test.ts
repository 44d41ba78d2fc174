import { describe, expect, it } from "vitest";
import { firstTile, flipped, load, padded, solveRows, store, transposed } from "./tiles.ts";

const view = (data: Float64Array, shape: [number, number]) => ({
  data,
  shape,
  strides: [shape[1], 1],
  offset: 0,
  dtype: "float64" as const,
});

describe("load and store", () => {
  it("pad to whole tiles with zeros and come back unchanged", () => {
    const data = Float64Array.of(1, 2, 3, 4, 5, 6);
    const scratch = load(view(data, [2, 3]));
    expect(scratch).toEqual(Float64Array.of(1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    const back = new Float64Array(6);
    store(view(back, [2, 3]), scratch);
    expect(back).toEqual(data);
  });

  it("read transposed and flipped views through their strides", () => {
    const data = Float64Array.of(1, 2, 3, 4);
    expect(load(transposed(view(data, [2, 2]))).slice(0, 6)).toEqual(Float64Array.of(1, 3, 0, 0, 2, 4));
    expect(load(flipped(view(data, [2, 2]))).slice(0, 6)).toEqual(Float64Array.of(3, 4, 0, 0, 1, 2));
  });
});

describe("solveRows", () => {
  it("solves x Lᵀ = b for rows across several tiles", () => {
    const n = 7;
    const width = padded(n);
    const at = (i: number, j: number) => (i === j ? 2 : j < i ? 1 / (1 + i + j) : 9); // what is above the diagonal must not matter
    const L = new Float64Array(width * width);
    for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) L[i * width + j] = at(i, j);
    const x = Float64Array.from({ length: 4 * width }, (_, i) => Math.sin(i + 1));
    const b = new Float64Array(4 * width);
    for (let row = 0; row < 4; row++) {
      for (let i = 0; i < width; i++) {
        for (let j = 0; j <= i; j++) b[row * width + i]! += at(i, j) * x[row * width + j]!;
      }
    }
    solveRows(b, 0, L, 0, width, width);
    for (let i = 0; i < b.length; i++) expect(b[i]).toBeCloseTo(x[i] as number, 14);
  });
});

describe("firstTile", () => {
  it("is the tile of the first element that is not 0 in any of four rows", () => {
    const rows = new Float64Array(4 * 12);
    expect(firstTile(rows, 0, 12)).toBe(12);
    rows[2 * 12 + 9] = 1;
    expect(firstTile(rows, 0, 12)).toBe(8);
    rows[3 * 12 + 3] = Number.NaN;
    expect(firstTile(rows, 0, 12)).toBe(0);
  });
});
