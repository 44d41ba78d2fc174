import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { countParameters } from "../model-tree.ts";
import { summary } from "../summary.ts";
import { vgg } from "./vgg.ts";

const rng = new Rng(0);

describe("vgg", () => {
  it("has 288 298 parameters in its small plan", () => {
    expect(countParameters(vgg({ rng }))).toBe(288_298);
  });

  it("trades biases for norms: a scale and a shift in place of each bias", () => {
    const channels = 32 + 32 + 64 + 64 + 128 + 128;
    expect(countParameters(vgg({ rng, norm: true }))).toBe(288_298 + channels);
  });

  it("takes images of any size that its poolings leave something of", () => {
    const { rows } = summary(vgg({ rng, in: 1, plan: [4, "pool", 8], classes: 3 }), [1, 6, 10]);
    expect(rows.map(({ output }) => output)).toEqual([[4, 6, 10], [4, 6, 10], [4, 3, 5], [8, 3, 5], [8, 3, 5], [8], [3]]); // biome-ignore format: shapes
  });
});
