import type { Rng } from "@kronograd/tensor";
import { describe, it } from "vitest";
import { agree } from "../../testing/agree.ts";

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
});
