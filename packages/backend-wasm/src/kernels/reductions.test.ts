import { countNonFinite, type Rng, scope, sum, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { agree, guarded } from "../../testing/agree.ts";

const sizes = (rng: Rng) =>
  Array.from({ length: rng.integer(5) }, () => [0, 1, 2, 3, 5, 9, 17, 33][1 + rng.integer(7 - rng.integer(2))]!);
const axesOf = (shape: readonly number[], rng: Rng) => shape.map((_, axis) => axis).filter(() => rng.integer(2) === 1);

describe("sum", () => {
  it("agrees over any axes of any layout", async () => {
    await agree(
      "sum",
      (rng) => {
        const shape = sizes(rng).slice(0, 4);
        return { inputs: [{ shape }], params: { axes: axesOf(shape, rng), keep: rng.integer(2) === 1 } };
      },
      { runs: 60 },
    );
  });

  it("gives zeros over no elements", async () => {
    await agree("sum", () => ({ inputs: [{ shape: [3, 0, 5] }], params: { axes: [1], keep: false } }), { runs: 1 });
    await agree("sum", () => ({ inputs: [{ shape: [3, 0] }], params: { axes: [1], keep: false } }), { runs: 1 });
    await agree("sum", () => ({ inputs: [{ shape: [0, 3] }], params: { axes: [1], keep: false } }), { runs: 1 });
  });

  it("adds integers exactly", () => {
    scope(() => {
      const x = tensor(Int32Array.of(2 ** 30, 2 ** 30 - 1, 7, -3), { shape: [2, 2], device: guarded });
      expect([...sum(x, 1).dataSync()]).toEqual([2 ** 31 - 1, 4]);
    });
  });

  it("accumulates in float64", () => {
    scope(() => {
      const values = new Float32Array(100_001).fill(0.1);
      expect(sum(tensor(values, { device: guarded })).itemSync()).toBe(Math.fround(Math.fround(0.1) * 100_001));
    });
  });
});

describe("dot", () => {
  it("agrees for every length around whole vectors", async () => {
    for (let n = 0; n < 19; n++) {
      await agree("dot", () => ({ inputs: [{ shape: [n] }, { shape: [n] }], params: {} }), { runs: 3 });
    }
  });
});

describe("max and min", () => {
  it("agree over one group of axes", async () => {
    for (const name of ["max", "min"]) {
      await agree(
        name,
        (rng) => {
          const shape = [1 + rng.integer(4), 1 + rng.integer(9), 1 + rng.integer(5)];
          return {
            inputs: [{ shape, distinct: true }],
            params: { axes: [[0], [1], [2], [0, 1], [1, 2], []][rng.integer(6)] },
          };
        },
        { runs: 40 },
      );
    }
  });

  it("let the first of equals and the first NaN win", async () => {
    const { argMax, max } = await import("@kronograd/tensor");
    scope(() => {
      const x = tensor(
        [
          [1, 3, 3],
          [2, Number.NaN, 5],
          [Number.NaN, Number.NaN, 0],
        ],
        { device: guarded },
      );
      expect([...argMax(x).dataSync()]).toEqual([1, 1, 0]);
      expect([...max(x, 1).dataSync()]).toEqual([3, Number.NaN, Number.NaN]);
    });
  });
});

describe("countNonFinite", () => {
  it("counts NaN and both infinities in either float type, at every place", () => {
    scope(() => {
      for (const Type of [Float32Array, Float64Array]) {
        for (let n = 1; n < 12; n++) {
          const values = new Type(n).map((_, i) => [Number.NaN, 1, Infinity, -Infinity, 3.4e38][i % 5]!);
          const count = [...values].filter((x) => !Number.isFinite(x)).length;
          expect(countNonFinite(tensor(values, { device: guarded })).itemSync()).toBe(count);
        }
      }
      expect(countNonFinite(tensor(Int32Array.of(1), { device: guarded })).itemSync()).toBe(0);
    });
  });
});
