import { normal, Rng, tensor } from "kronograd";
import { describe, expect, it } from "vitest";
import { train } from "./conv-skfac.ts";

describe("the program of the size budget", () => {
  it("learns a batch by heart within 8 steps", () => {
    const images = normal(new Rng(1), [16, 1, 28, 28]);
    const labels = tensor(Int32Array.from({ length: 16 }, (_, n) => n % 10));
    const losses = train(Array.from({ length: 8 }, () => ({ images, labels })));
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] as number));
  });
});
