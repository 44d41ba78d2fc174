import { patchSum, type Rng, scope, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { agree, guarded } from "../../testing/agree.ts";

const narrow = { dtypes: ["float32"] } as const;
const pair = (rng: Rng, least: number, count: number) =>
  [least + rng.integer(count), least + rng.integer(count)] as const;

describe("patchSum", () => {
  it("agrees for any window, taps that see padding only among them, on images of any width", async () => {
    await agree(
      "patchSum",
      (rng) => {
        const [kernel, stride, dilation, padding] = [
          pair(rng, 1, 4),
          pair(rng, 1, 3),
          pair(rng, 1, 2),
          pair(rng, 0, 4),
        ];
        const least = [0, 1].map((axis) => Math.max(1, (kernel[axis]! - 1) * dilation[axis]! + 1 - 2 * padding[axis]!));
        const size = least.map((n) => n + rng.integer(20));
        return {
          inputs: [{ shape: [rng.integer(3), 1 + rng.integer(3), ...size] }],
          params: { kernel, stride, dilation, padding },
        };
      },
      { ...narrow, runs: 120 },
    );
  });

  it("keeps a NaN out of the taps that do not see it", () => {
    scope(() => {
      const values = new Float32Array(49).fill(1);
      values[6 * 7 + 3] = Number.NaN; // the last row, which kernel row 0 never meets
      const x = tensor(values, { shape: [1, 1, 7, 7], device: guarded });
      const sums = patchSum(x, { kernel: [2, 2], stride: [1, 1], padding: [0, 0], dilation: [1, 1] });
      expect([...sums.dataSync()]).toEqual([36, 36, Number.NaN, Number.NaN]);
    });
  });
});
