/** Takes minutes on a GPU that is a program, so CI leaves it to `npm run test:slow`. */

import { conv2d, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { missing, openDevice } from "../testing/device.ts";

describe.skipIf(missing !== null)("tiles", () => {
  it("more than 65,535 of them are a product too, not a validation error of the dispatch", async () => {
    const device = await openDevice();
    const size = 2900; // 65,704 tiles of side 128, as the places of an image are the product's columns
    const x = tensor(
      Float32Array.from({ length: size * size }, (_, i) => i % 7),
      { shape: [1, 1, size, size], device },
    );
    const weight = tensor([3], { shape: [1, 1, 1, 1], device });
    const y = await conv2d(x, weight, null).data();
    expect([y.length, y.findIndex((value, i) => value !== 3 * (i % 7))]).toEqual([size * size, -1]);
  });
});
