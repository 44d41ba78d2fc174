import { normal, Rng } from "kronograd";
import { describe, expect, it } from "vitest";
import { trainConvNet } from "./conv-skfac.ts";

describe("the program of the size budget", () => {
  it("learns a batch by heart within 8 steps", () => {
    const images = normal(new Rng(1), [16, 1, 28, 28]).dataSync() as Float32Array;
    const labels = Int32Array.from({ length: 16 }, (_, n) => n % 10);
    const losses = trainConvNet(Array.from({ length: 8 }, () => ({ images, labels })));
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] as number));
  });
});
