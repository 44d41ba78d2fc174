import { cast, gather, type Rng, scatterAdd, scope, tensor, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { agree, guarded } from "../../testing/agree.ts";

const some = (rng: Rng) => Array.from({ length: rng.integer(5) }, () => 1 + rng.integer(6));

describe("copies", () => {
  it("agree in any layout of up to four axes", async () => {
    await agree("copy", (rng) => ({ inputs: [{ shape: some(rng) }], params: {} }), { runs: 60 });
    await agree(
      "copy",
      (rng) => ({ inputs: [{ shape: some(rng), dtype: "int32", range: [-(2 ** 31), 2 ** 31 - 1] }], params: {} }),
      { runs: 30 },
    );
    await agree("copy", () => ({ inputs: [{ shape: [3, 0] }], params: {} }), { runs: 2 });
  });

  it("cast between all types as the host does", async () => {
    for (const dtype of ["float32", "float64", "int32"]) {
      await agree("cast", (rng) => ({ inputs: [{ shape: some(rng), range: [-5, 5] }], params: { dtype } }), {
        runs: 8,
      });
    }
    scope(() => {
      const odd = cast(tensor(Float32Array.of(2 ** 32 + 4096, -1.9, Number.NaN), { device: guarded }), "int32");
      expect([...odd.dataSync()]).toEqual([4096, -1, 0]);
    });
  });

  it("concat agrees along every axis", async () => {
    await agree(
      "concat",
      (rng) => {
        const shape = [1 + rng.integer(3), 1 + rng.integer(3), 1 + rng.integer(3)];
        const axis = rng.integer(3);
        const inputs = [1, 2, 3].map(() => ({ shape: shape.with(axis, rng.integer(4)) }));
        return { inputs, params: { axis } };
      },
      { runs: 40 },
    );
  });
});

describe("sliceGrad", () => {
  it("agrees for any starts and steps, filling the rest", async () => {
    await agree(
      "sliceGrad",
      (rng) => {
        const counts = some(rng);
        const steps = counts.map(() => [1, 2, -1, 3][rng.integer(4)]!);
        const spans = counts.map((n, axis) => (n - 1) * Math.abs(steps[axis]!) + 1);
        const before = counts.map(() => rng.integer(3));
        const starts = counts.map((_, axis) => before[axis]! + (steps[axis]! < 0 ? spans[axis]! - 1 : 0));
        const shape = spans.map((n, axis) => n + before[axis]! + rng.integer(2));
        return { inputs: [{ shape: counts }], params: { counts, starts, steps, shape, value: rng.integer(2) / 2 } };
      },
      { runs: 60 },
    );
  });
});

describe("rows by index", () => {
  it("gather and scatterAdd agree for any width", async () => {
    await agree(
      "gather",
      (rng) => ({
        inputs: [{ shape: [3, rng.integer(12)] }, { shape: [rng.integer(7)], dtype: "int32", range: [0, 3] }],
        params: {},
      }),
      { runs: 40 },
    );
    await agree(
      "scatterAdd",
      (rng) => {
        const count = rng.integer(7);
        return {
          inputs: [{ shape: [count, rng.integer(12)] }, { shape: [count], dtype: "int32", range: [0, 3] }],
          params: { rows: 3 },
        };
      },
      { runs: 40 },
    );
  });

  it("refuse an index out of range", () => {
    scope(() => {
      const table = tensor([[1], [2]], { device: guarded });
      const bad = tensor(Int32Array.of(0, 2), { device: guarded });
      expect(() => gather(table, bad)).toThrow(UsageError);
      expect(() => scatterAdd(table, bad, 2)).toThrow(UsageError);
    });
  });
});
