import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { steps } from "../layout/offsets.ts";
import { typedArray } from "../tensor/dtype.ts";
import { Rng } from "../tensor/rng.ts";
import { gemm, type Matrix, mirrorLower, shifted, transposed } from "./gemm.ts";

/** Sizes on both sides of the tile (4) and of the blocks (128 rows and columns, 256 deep). */
const size = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 13 }) }, fc.constantFrom(127, 128, 129, 257));
const dtype = fc.constantFrom("float32", "float64");

function random(rng: Rng, rows: number, columns: number, kind: "float32" | "float64"): Matrix {
  const data = typedArray(kind, rows * columns).map(() => rng.normal());
  return { data, offset: 0, rows: steps(rows, columns), columns: steps(columns, 1) };
}

/** One accumulator per element, ascending k. */
function naive(a: Matrix, b: Matrix, c: Matrix, start?: Matrix): void {
  c.rows.forEach((row, i) => {
    c.columns.forEach((column, j) => {
      let total = start === undefined ? 0 : start.data[start.offset + start.rows[i]! + start.columns[j]!]!;
      for (let k = 0; k < a.columns.length; k++) {
        total += a.data[a.offset + a.rows[i]! + a.columns[k]!]! * b.data[b.offset + b.rows[k]! + b.columns[j]!]!;
      }
      c.data[c.offset + row + column] = total;
    });
  });
}

describe("gemm", () => {
  it("has the bits of the naive loop, whatever the blocks", () => {
    fc.assert(
      fc.property(size, size, size, dtype, fc.nat(), (m, n, depth, kind, seed) => {
        const rng = new Rng(seed);
        const a = random(rng, m, depth, kind);
        const b = transposed(random(rng, n, depth, kind));
        const [c, expected, start] = [random(rng, m, n, kind), random(rng, m, n, kind), random(rng, m, n, kind)];
        gemm(a, b, c, { start });
        naive(a, b, expected, start);
        expect(c.data).toEqual(expected.data);
      }),
      { numRuns: 40 },
    );
  });

  it("takes any offsets of rows and columns: repeated, out of order", () => {
    const data = Float64Array.of(1, 2, 3, 4);
    const a = { data, offset: 0, rows: Int32Array.of(2, 0, 0), columns: Int32Array.of(1, 0) }; // [[4, 3], [2, 1], [2, 1]]
    const b = { data, offset: 1, rows: Int32Array.of(0, 2), columns: Int32Array.of(0, -1) }; // [[2, 1], [4, 3]]
    const c = { data: new Float64Array(6), offset: 0, rows: steps(3, 2), columns: steps(2, 1) };
    gemm(a, b, c);
    expect([...c.data]).toEqual([20, 13, 8, 5, 8, 5]);
  });

  it("adds to C when C is its own start", () => {
    const one = { data: Float32Array.of(3), offset: 0, rows: steps(1, 0), columns: steps(1, 0) };
    const c = { ...one, data: Float32Array.of(1) };
    gemm(one, one, c, { start: c });
    expect(c.data[0]).toBe(10);
  });

  it("subtracts the product where it is told so", () => {
    const rng = new Rng(1);
    const [a, b, start] = [random(rng, 5, 7, "float64"), random(rng, 7, 6, "float64"), random(rng, 5, 6, "float64")];
    const [c, expected] = [random(rng, 5, 6, "float64"), random(rng, 5, 6, "float64")];
    gemm(a, b, c, { start, subtract: true });
    naive({ ...a, data: a.data.map((value) => -value) }, b, expected, start);
    expect(c.data).toEqual(expected.data);
  });

  it("keeps sums in float64: a float32 sum does not lose small terms", () => {
    const count = 1000;
    const a = {
      data: Float32Array.of(1e8, 1, -1e8),
      offset: 0,
      rows: steps(1, 0),
      columns: Int32Array.of(0, ...new Array(count).fill(1), 2),
    };
    const ones = { data: Float32Array.of(1), offset: 0, rows: steps(count + 2, 0), columns: steps(1, 0) };
    const c = { data: new Float32Array(1), offset: 0, rows: steps(1, 0), columns: steps(1, 0) };
    gemm(a, ones, c);
    expect(c.data[0]).toBe(count);
  });

  it("writes nothing outside of C", () => {
    const data = new Float64Array(49).fill(7);
    const c = shifted({ data, offset: 0, rows: steps(5, 7), columns: steps(5, 1) }, 8);
    const zero = { data: Float64Array.of(0), offset: 0, rows: steps(5, 0), columns: steps(5, 0) };
    gemm(zero, zero, c);
    expect(data.filter((value) => value === 7)).toHaveLength(49 - 25);
  });
});

describe("gemm with lower", () => {
  it("makes X Xᵀ exactly as the full product does, after mirroring", () => {
    fc.assert(
      fc.property(size, size, dtype, fc.nat(), (n, depth, kind, seed) => {
        const rng = new Rng(seed);
        const x = random(rng, n, depth, kind);
        const [c, expected] = [random(rng, n, n, kind), random(rng, n, n, kind)];
        gemm(x, transposed(x), c, { lower: true });
        mirrorLower(c);
        gemm(x, transposed(x), expected);
        expect(c.data).toEqual(expected.data);
      }),
      { numRuns: 25 },
    );
  });

  it("leaves blocks above the diagonal alone", () => {
    const n = 300;
    const x = random(new Rng(1), n, 1, "float64");
    const c = { data: new Float64Array(n * n).fill(Number.NaN), offset: 0, rows: steps(n, n), columns: steps(n, 1) };
    gemm(x, transposed(x), c, { lower: true });
    expect(c.data[n - 1]).toBeNaN();
    expect(c.data[n * n - 1]).not.toBeNaN();
  });
});
