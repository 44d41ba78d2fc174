import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { normal, Rng, skfac } from "kronograd";
import { describe, expect, it } from "vitest";
import { bundle } from "../size.ts";
import { trainConvNet } from "./conv-skfac.ts";
import { trainConvNet as trainWithHistory } from "./conv-skfac-history.ts";
import { type Batch, trainConvNet as trainWithPreset } from "./conv-skfac-preset.ts";

/** The same pictures each time. */
const repeated = (times: number, count = 16): Batch[] => {
  const images = normal(new Rng(1), [count, 1, 28, 28]).dataSync() as Float32Array;
  const labels = Int32Array.from({ length: count }, (_, n) => n % 10);
  return Array.from({ length: times }, () => ({ images, labels }));
};

describe("the program of the size budget", () => {
  it("learns a batch by heart within 8 steps, bundled and minified as it is measured", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kronograd-size-"));
    try {
      const outfile = join(folder, "program.mjs");
      await bundle("scripts/size/conv-skfac.ts", { outfile });
      const program = (await import(/* @vite-ignore */ outfile)) as typeof import("./conv-skfac.ts");
      const losses = program.trainConvNet(repeated(8));
      expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] as number));
      expect(losses).toEqual(trainConvNet(repeated(8)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("takes the steps of skfac({ rank: null }), past a refresh, but for the rounding of push-through", () => {
    const [losses, preset] = [trainConvNet(repeated(22, 40)), trainWithPreset(repeated(22, 40), skfac({ rank: null }))];
    losses.forEach((loss, step) => {
      expect(Math.abs(loss / preset[step]! - 1)).toBeLessThan(1e-3);
    });
  });

  it("takes the steps of skfac({ nesterov: false }) bit for bit with a history", () => {
    const preset = trainWithPreset(repeated(22, 40), skfac({ nesterov: false }));
    expect(trainWithHistory(repeated(22, 40))).toEqual(preset);
    expect(trainWithHistory(repeated(22, 40))).not.toEqual(trainConvNet(repeated(22, 40)));
  });
});
