import { cpu, dispatch, maxPool2d, maxPool2dOp, maxPoolGrad, Rng, scope, tensor, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { agree, guarded } from "../../testing/agree.ts";

const narrow = { dtypes: ["float32"] } as const;

function pooling(rng: Rng) {
  const kernel = [1 + rng.integer(3), 1 + rng.integer(3)] as const;
  const params = {
    kernel,
    stride: [1 + rng.integer(3), 1 + rng.integer(3)] as const,
    padding: [rng.integer(kernel[0]), rng.integer(kernel[1])] as const,
  };
  const x = [rng.integer(3), 1 + rng.integer(3), 4 + rng.integer(8), 4 + rng.integer(8)];
  const along = (axis: 0 | 1) =>
    Math.floor((x[2 + axis]! + 2 * params.padding[axis] - kernel[axis]) / params.stride[axis]) + 1;
  return { x, params, pooled: [x[0]!, x[1]!, along(0), along(1)] };
}

describe("pooling", () => {
  it("maxPool2d, its gradient and the gradient's transpose agree", async () => {
    await agree(
      "maxPool2d",
      (rng) => {
        const { x, params } = pooling(rng);
        return { inputs: [{ shape: x, range: [-99, 99], distinct: true }], params };
      },
      { ...narrow, runs: 50 },
    );
    await agree(
      "maxPoolGrad",
      (rng) => {
        const { x, pooled } = pooling(rng);
        const indices = { shape: pooled, dtype: "int32", range: [0, x[2]! * x[3]!] } as const;
        return { inputs: [{ shape: pooled }, indices], params: { size: x.slice(2) } };
      },
      { ...narrow, runs: 50 },
    );
    await agree(
      "maxPoolGather",
      (rng) => {
        const { x, pooled } = pooling(rng);
        const indices = { shape: pooled, dtype: "int32", range: [0, x[2]! * x[3]!] } as const;
        return { inputs: [{ shape: x }, indices], params: {} };
      },
      { ...narrow, runs: 50 },
    );
  });

  it("avgPool2d and its transpose agree, with padding counted or not", async () => {
    await agree(
      "avgPool2d",
      (rng) => {
        const { x, params } = pooling(rng);
        return { inputs: [{ shape: x }], params: { ...params, countIncludePad: rng.integer(2) === 1 } };
      },
      { ...narrow, runs: 50 },
    );
    await agree(
      "avgPoolGrad",
      (rng) => {
        const { x, params, pooled } = pooling(rng);
        return {
          inputs: [{ shape: pooled }],
          params: { ...params, countIncludePad: rng.integer(2) === 1, size: x.slice(2) },
        };
      },
      { ...narrow, runs: 50 },
    );
  });

  it("agrees for 2 × 2 windows side by side, for every width", async () => {
    const params = { kernel: [2, 2], stride: [2, 2], padding: [0, 0] };
    await agree(
      "maxPool2d",
      (rng) => ({
        inputs: [
          { shape: [2, 1 + rng.integer(2), 2 + rng.integer(5), 2 + rng.integer(20)], range: [-99, 99], distinct: true },
        ],
        params,
      }),
      { ...narrow, runs: 60 },
    );
  });

  it("lets NaN win, and the first of equals", () => {
    scope(() => {
      const x = tensor(
        [
          [
            [
              [1, 1, Number.NaN, 5],
              [1, 1, 7, Number.NaN],
            ],
          ],
        ],
        { device: guarded },
      );
      expect([...maxPool2d(x, { kernel: 2 }).dataSync()]).toEqual([1, Number.NaN]);
    });
  });

  it("finds the same places as the reference among ties, infinities and NaN", () => {
    scope(() => {
      const rng = new Rng(3);
      const some = [0, 0, 1, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      const values = Float32Array.from({ length: 2 * 9 * 23 }, () => some[rng.integer(some.length)]!);
      for (const stride of [1, 2, 3]) {
        const [got, want] = [guarded, cpu].map((device) => {
          const x = tensor(values, { shape: [2, 1, 9, 23], device });
          const params = { kernel: [3, 2], stride: [stride, stride], padding: [1, 1] } as const;
          return dispatch(maxPool2dOp, [x], params).map((t) => [...t.dataSync()]);
        });
        expect(got).toEqual(want);
      }
    });
  });

  it("refuses an index outside of its plane", () => {
    scope(() => {
      const grad = tensor([[[[1]]]], { device: guarded });
      const indices = tensor(Int32Array.of(4), { shape: [1, 1, 1, 1], device: guarded });
      expect(() => maxPoolGrad(grad, indices, [2, 2])).toThrow(UsageError);
    });
  });
});
