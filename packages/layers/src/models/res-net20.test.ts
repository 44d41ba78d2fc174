import { pad, Rng, slice, square } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { evaluation, random, set } from "../../testing/index.ts";
import type { Layer } from "../layer.ts";
import { buffers, countParameters, initialize, layersOf, parameters } from "../model-tree.ts";
import { summary } from "../summary.ts";
import { resNet20 } from "./res-net20.ts";

describe("resNet20", () => {
  const model = resNet20();
  initialize(model, { rng: new Rng(0), dtype: "float64" });

  it("has 269 722 parameters and 19 norms", () => {
    expect(countParameters(model)).toBe(269_722);
    expect(Object.keys(buffers(model)).length).toBe(2 * 19);
  });

  it("names layers by stage and block", () => {
    expect(parameters(model)["stage2.block1.conv1.weight"]?.shape).toEqual([32, 16, 3, 3]);
  });

  it("halves images at the second and third stage, and has 20 layers that curvature sees", () => {
    const { rows } = summary(model, [3, 8, 8]);
    const output = (name: string) => rows.find((row) => row.name === name)?.output;
    expect(output("stage1.block3.relu")).toEqual([16, 8, 8]);
    expect(output("stage2.block1.norm2")).toEqual([32, 4, 4]);
    expect(output("stage3.block3.relu")).toEqual([64, 2, 2]);
    expect(output("dense")).toEqual([10]);
    expect(rows.filter(({ curvature }) => curvature.startsWith("kfac")).length).toBe(20);
  });

  it("passes every second pixel through a block whose last norm is 0, between channels of zeros", () => {
    const fresh = resNet20();
    initialize(fresh, { rng: new Rng(0), dtype: "float64" });
    const [[, block]] = [...layersOf(fresh)].filter(([name]) => name === "stage2.block1") as [[string, Layer]];
    set(
      parameters(fresh)["stage2.block1.norm2.gamma"],
      Array.from({ length: 32 }, () => 0),
    );
    const x = square(random([1, 16, 4, 4])); // above 0: the last ReLU changes nothing
    const kept = slice(x, [null, null, [undefined, undefined, 2], [undefined, undefined, 2]]);
    expect(block.forward(x, evaluation)).toBeAllclose(pad(kept, [[0, 0], [8, 8], [0, 0], [0, 0]])); // biome-ignore format: pairs
  });
});
