import { batchNorm, ones, Rng, scope, tensor, zeros } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { agree, guarded } from "../../testing/agree.ts";

const narrow = { dtypes: ["float32"], runs: 50 } as const;
const batch = (rng: Rng) => [2 + rng.integer(4), 1 + rng.integer(9), ...[[], [3], [3, 7]][rng.integer(3)]!];

describe("normalisation", () => {
  it("batchNorm and its gradient agree, with and without positions", async () => {
    await agree(
      "batchNorm",
      (rng) => {
        const x = batch(rng);
        return { inputs: [{ shape: x }, { shape: [x[1]!] }, { shape: [x[1]!] }], params: { groups: 1, epsilon: 0.1 } };
      },
      narrow,
    );
    await agree(
      "batchNormGrad",
      (rng) => {
        const x = batch(rng);
        const channel = { shape: [x[1]!] };
        const inputs = [{ shape: x }, channel, channel, { ...channel, range: [0.5, 2] as const }, { shape: x }];
        return { inputs, params: { groups: 1, epsilon: 0.1 } };
      },
      narrow,
    );
  });

  it("groupNorm and its gradient agree, from one group to one a channel, and over rows", async () => {
    const shapes = (rng: Rng) => {
      const groups = 1 + rng.integer(3);
      const x = [1 + rng.integer(4), groups * (1 + rng.integer(7)), ...[[], [3], [3, 7]][rng.integer(3)]!];
      return { x, groups, channel: { shape: [x[1]!] }, sets: { shape: [x[0]!, groups] } };
    };
    await agree(
      "groupNorm",
      (rng) => {
        const { x, groups, channel } = shapes(rng);
        return { inputs: [{ shape: x }, channel, channel], params: { groups, epsilon: 0.1 } };
      },
      narrow,
    );
    await agree(
      "groupNormGrad",
      (rng) => {
        const { x, groups, channel, sets } = shapes(rng);
        const inputs = [{ shape: x }, channel, sets, { ...sets, range: [0.5, 2] as const }, { shape: x }];
        return { inputs, params: { groups, epsilon: 0.1 } };
      },
      narrow,
    );
  });

  it("keeps the digits of a variance far from 0, beside a first element that is far from the others, and of equal elements", () => {
    const rng = new Rng(0);
    const far = Float64Array.from({ length: 1003 }, () => Math.fround(1e5 + rng.normal()));
    const lone = Float64Array.from(far, (x, i) => (i === 0 ? 3e6 : x));
    for (const values of [far, lone, new Float64Array(1003).fill(0.1)].map((list) => Float32Array.from(list))) {
      const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
      const variance = Float64Array.from(values, (x) => (x - mean) ** 2).reduce((sum, x) => sum + x, 0) / values.length;
      scope(() => {
        const x = tensor(values, { shape: [1, 1, values.length], device: guarded });
        const found = batchNorm(x, ones([1], x), zeros([1], x), 1e-5);
        expect(found.mean.itemSync()).toBe(Math.fround(mean));
        expect(Math.abs(found.variance.itemSync() - variance)).toBeLessThanOrEqual(1e-7 * variance);
      });
    }
  });
});
