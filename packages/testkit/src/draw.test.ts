import { cholesky } from "@kronograd/linalg";
import { type InputSample, Rng, scope, type TypedArray, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { draw, drawInputs, place } from "./draw.ts";

const sampleOf = (...inputs: InputSample[]) => ({ inputs, params: null });
const seeds = Array.from({ length: 60 }, (_, seed) => seed);
const float64 = { dtype: "float64" } as const;

function values(input: InputSample, seed: number): TypedArray {
  return draw(sampleOf(input), new Rng(seed), float64)[0]!.values;
}

describe("draw", () => {
  it("lays the same values out so that the tensor reads them", () => {
    for (const seed of seeds) {
      const [drawn] = draw(sampleOf({ shape: [2, 3, 2] }), new Rng(seed), float64);
      expect(place(drawn!).dataSync()).toEqual(drawn!.values);
    }
  });

  it("uses transposed, sliced, flipped and stretched layouts", () => {
    const layouts = seeds.map((seed) => draw(sampleOf({ shape: [3, 4] }), new Rng(seed), float64)[0]!.layout);
    expect(layouts.some(({ strides: [a, b] }) => Math.abs(a!) < Math.abs(b!) && a !== 0)).toBe(true);
    expect(layouts.some(({ offset }) => offset > 0)).toBe(true);
    expect(layouts.some(({ strides }) => strides.some((stride) => stride < 0))).toBe(true);
    expect(layouts.some(({ strides }) => strides.includes(0))).toBe(true);
    expect(layouts.some(({ strides }) => Math.min(...strides.map(Math.abs)) > 1)).toBe(true);
  });

  it("surrounds the values with NaN", () => {
    const t = seeds
      .map((seed) => drawInputs(sampleOf({ shape: [2] }), new Rng(seed), float64)[0]!)
      .find(({ offset }) => offset > 0)!;
    expect(t.device.backend.host!(t.storage.handle)[0]).toBeNaN();
  });

  it("keeps distinct values 0.05 apart, over all inputs of the sample, and 0 between two of them", () => {
    for (const seed of seeds) {
      const all = draw(
        sampleOf({ shape: [20], distinct: true }, { shape: [3, 4], distinct: true }),
        new Rng(seed),
        float64,
      ).flatMap((drawn) => [...drawn.values]);
      const sorted = all.sort((a, b) => a - b);
      // float32 rounds the grid
      expect(Math.min(...sorted.slice(1).map((x, i) => x - sorted[i]!))).toBeGreaterThan(0.0499);
      expect(Math.min(...all.map(Math.abs))).toBeGreaterThan(0.0249);
    }
  });

  it("makes matrices positive definite, or with a dominant diagonal", () => {
    for (const seed of seeds) {
      scope(() => cholesky(tensor(values({ shape: [4, 4], structure: "spd" }, seed), { shape: [4, 4] })));
      const rows = values({ shape: [3, 3], structure: "dominant" }, seed);
      for (let i = 0; i < 3; i++) {
        const row = [...rows.slice(3 * i, 3 * i + 3)].map(Math.abs);
        expect(2 * row[i]!).toBeGreaterThan(row.reduce((a, b) => a + b));
      }
    }
  });

  it("keeps to ranges, and to whole numbers for int32", () => {
    expect(values({ shape: [50], range: [0.1, 0.2] }, 0).every((x) => x >= 0.0999 && x <= 0.2001)).toBe(true);
    const indices = seeds.flatMap((seed) => [...values({ shape: [5], dtype: "int32", range: [1, 4] }, seed)]);
    expect([...new Set(indices)].sort()).toEqual([1, 2, 3]);
  });
});
