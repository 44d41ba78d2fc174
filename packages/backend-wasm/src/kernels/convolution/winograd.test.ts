import { Device } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { agree, guarded, guardedPlain } from "../../../testing/agree.ts";
import { guards } from "../../../testing/guards.ts";
import { detectFeatures } from "../../engine/features.ts";
import { cannotRevectorize } from "../../engine/revectorize.ts";
import { openWasm } from "../../index.ts";
import { winogradGrid } from "./winograd.ts";

const params = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };

/** The way of a layer: tiles of 2 or 4 places; `tall` has two of them in each of two rows. */
function way(window: number, size: number, channels: number, rows: number, images = 32): string {
  const grid = winogradGrid([window, window], [images, rows, size, size], channels, rows);
  return grid === null ? "direct" : `${grid.scheme.places}${grid.tall === 1 ? " tall" : ""}`;
}

describe("the way of a layer", () => {
  it("has large tiles where they fit, and small ones else", () => {
    expect([16, 8, 10, 4, 14].map((size) => way(3, size, 64, 64))).toEqual(["4", "4 tall", "4", "2 tall", "4"]);
    expect([14, 8, 4, 6].map((size) => way(5, size, 16, 32))).toEqual(["4", "4 tall", "2 tall", "4 tall"]);
  });

  it("is the direct sum for few channels, single places, more weights than places are worth, and other windows", () => {
    expect([
      way(3, 16, 3, 64),
      way(5, 28, 1, 16),
      way(3, 1, 64, 64),
      way(3, 7, 512, 512, 1),
      way(7, 16, 64, 64),
    ]).toEqual(Array(5).fill("direct"));
  });
});

describe("Winograd's convolution", () => {
  it("agrees for all heights and widths, whole tiles and ragged ones", async () => {
    for (const window of [3, 5]) {
      for (const width of [4, 6, 7, 8, 14, 15, 16, 17, 23]) {
        for (const height of [1, 3, 4, 5, 8, 9]) {
          const inputs = [{ shape: [2, 9, height, width] }, { shape: [10, 9, window, window] }, { shape: [10] }];
          const own = { ...params, padding: [(window - 1) / 2, (window - 1) / 2] };
          await agree("conv2d", () => ({ inputs, params: own }), { dtypes: ["float32"], runs: 1 });
        }
      }
    }
  });

  it("takes several small images, or some lines of a large one, at a time", async () => {
    for (const [n, channels, size] of [
      [0, 8, 8],
      [1, 64, 64],
      [11, 64, 8],
      [35, 32, 4],
      [8, 300, 16],
    ] as const) {
      const inputs = [{ shape: [n, channels, size, size] }, { shape: [8, channels, 3, 3] }];
      await agree("conv2d", () => ({ inputs, params }), { dtypes: ["float32"], runs: 1 });
    }
  });

  it("has the weight's gradient, for any number of images", async () => {
    for (const [n, groups, width, height, window] of [
      [0, 1, 8, 8, 3],
      [1, 2, 8, 2, 3],
      [5, 1, 15, 9, 3],
      [9, 1, 8, 8, 3],
      [2, 1, 32, 32, 3],
      [3, 2, 14, 14, 5],
      [3, 1, 7, 3, 5],
    ] as const) {
      const inputs = [{ shape: [n, 9 * groups, height, width] }, { shape: [n, 8 * groups, height, width] }];
      const padding = [(window - 1) / 2, (window - 1) / 2];
      const own = { ...params, padding, groups, kernel: [window, window] };
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
    if (cannotRevectorize(detectFeatures()) === null)
      devices.push(new Device(await openWasm({ fast: "revectorize", guards })));
    for (const device of devices) {
      const options = { dtypes: ["float32"], runs: 1, device } as const;
      for (const [k, size] of [
        [3, [9, 24]],
        [3, [8, 8]],
        [3, [4, 4]],
        [5, [9, 24]],
      ] as const) {
        const [x, grad] = [{ shape: [3, 18, ...size] }, { shape: [3, 20, ...size] }];
        const weight = { shape: [20, 9, k, k] };
        const own = { ...params, padding: [(k - 1) / 2, (k - 1) / 2], groups: 2 };
        await agree("conv2d", () => ({ inputs: [x, weight], params: own }), options);
        await agree("conv2dInputGrad", () => ({ inputs: [grad, weight], params: { ...own, size } }), options);
        await agree("conv2dWeightGrad", () => ({ inputs: [x, grad], params: { ...own, kernel: [k, k] } }), options);
      }
    }
  });
});
