import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { countParameters } from "../model-tree.ts";
import { summary } from "../summary.ts";
import { leNet } from "./le-net.ts";

const rng = new Rng(0);

describe("leNet", () => {
  it("has 215 370 parameters with padding, 80 202 without", () => {
    expect(countParameters(leNet({ rng }))).toBe(215_370);
    expect(countParameters(leNet({ rng, padding: 0 }))).toBe(80_202);
  });

  it("takes images of other sizes and channels", () => {
    for (const padding of [0, 2] as const) {
      const { rows } = summary(leNet({ rng, in: 3, size: 32, classes: 7, padding }), [3, 32, 32]);
      expect(rows.at(-1)?.output).toEqual([7]);
    }
  });

  it("has four layers that curvature sees", () => {
    const { rows } = summary(leNet({ rng }), [1, 28, 28]);
    expect(rows.filter(({ curvature }) => curvature !== "").map(({ name, curvature }) => [name, curvature])).toEqual([
      ["conv1", "kfac block [16, 26]"],
      ["conv2", "kfac block [32, 401]"],
      ["dense1", "kfac block [128, 1569]"],
      ["dense2", "kfac block [10, 129]"],
    ]);
  });
});
