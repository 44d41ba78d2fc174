import { Device } from "@kronograd/tensor";
import { describe, it } from "vitest";
import { agree, guarded, guardedPlain } from "../../testing/agree.ts";
import { guards } from "../../testing/guards.ts";
import { detectFeatures } from "../features.ts";
import { openWasm } from "../index.ts";
import { revectorize } from "../revectorize.ts";

const params = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };

describe("Winograd's convolution", () => {
  it("agrees for all heights and widths, whole tiles and ragged ones", async () => {
    for (const width of [6, 7, 8, 14, 15, 16, 23, 24]) {
      for (const height of [1, 4, 5]) {
        const inputs = [{ shape: [2, 9, height, width] }, { shape: [10, 9, 3, 3] }, { shape: [10] }];
        await agree("conv2d", () => ({ inputs, params }), { dtypes: ["float32"], runs: 1 });
      }
    }
  });

  it("has the weight's gradient, for any number of images", async () => {
    for (const [n, groups, width, height] of [
      [0, 1, 8, 8],
      [1, 2, 8, 2],
      [5, 1, 15, 9],
      [2, 1, 32, 32],
    ] as const) {
      const inputs = [{ shape: [n, 9 * groups, height, width] }, { shape: [n, 8 * groups, height, width] }];
      const own = { ...params, groups, kernel: [3, 3] };
      await agree("conv2dWeightGrad", () => ({ inputs, params: own }), { dtypes: ["float32"], runs: 2 });
    }
  });

  it("agrees for groups, without padding, and for the image's gradient", async () => {
    for (const padding of [
      [0, 0],
      [2, 1],
      [3, 1],
    ] as const) {
      const own = { ...params, padding, groups: 2 };
      const size = [10, 18 - 2 * padding[1]];
      const inputs = [{ shape: [3, 16, ...size] }, { shape: [18, 8, 3, 3] }];
      await agree("conv2d", () => ({ inputs, params: own }), { dtypes: ["float32"], runs: 2 });
      const grad = { shape: [3, 18, 8 + 2 * padding[0], 16] };
      await agree("conv2dInputGrad", () => ({ inputs: [grad, inputs[1]!], params: { ...own, size } }), {
        dtypes: ["float32"],
        runs: 2,
      });
    }
  });

  it("agrees where tiles of products are narrower or wider, or nothing is fused", async () => {
    const devices = [guarded, guardedPlain];
    if (revectorize.refusal(detectFeatures()) === null)
      devices.push(new Device(await openWasm({ fast: "revectorize", guards })));
    for (const device of devices) {
      const options = { dtypes: ["float32"], runs: 1, device } as const;
      const [x, weight, grad] = [{ shape: [3, 18, 9, 24] }, { shape: [20, 9, 3, 3] }, { shape: [3, 20, 9, 24] }];
      const own = { ...params, groups: 2 };
      await agree("conv2d", () => ({ inputs: [x, weight], params: own }), options);
      await agree("conv2dInputGrad", () => ({ inputs: [grad, weight], params: { ...own, size: [9, 24] } }), options);
      await agree("conv2dWeightGrad", () => ({ inputs: [x, grad], params: { ...own, kernel: [3, 3] } }), options);
    }
  });
});
