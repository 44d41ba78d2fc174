import { layerRecord } from "@kronograd/autograd";
import { normal, Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { layerBlock } from "../../../testing/index.ts";
import { contextByHand, learnByHand } from "../../driver/by-hand.ts";
import { skfacCurvature } from "../skfac.ts";
import { skfacViews } from "./skfac-views.ts";

const context = contextByHand(0.1, 0);

describe("skfacViews", () => {
  it("shows columns as X and Y, matrices as A and G, with their eigenvalues", () => {
    const method = skfacCurvature({ refreshEvery: 20 });
    const { inspect } = skfacViews({ rank: 32, refreshEvery: 20, examplesPerBatch: null });
    const empty = method.init(layerBlock("layer", 3, 60), context);
    expect(inspect(empty)).toEqual({});
    const [input, grad] = [60, 3].map((width, k) => normal(new Rng(k), [4, width], { dtype: "float64" }));
    const seen = layerRecord({
      name: "layer",
      geometry: { kind: "dense" },
      hasBias: true,
      labels: "empirical",
      uses: [{ input: input!, outputGrads: [grad!] }],
    });
    const view = inspect(learnByHand(method, empty, seen, context));
    expect(Object.keys(view.matrices ?? {})).toEqual(["X", "G"]);
    expect(view.matrices?.X?.shape).toEqual([61, 4]);
    expect([view.spectra?.A?.size, view.spectra?.G?.size]).toEqual([4, 3]);
  });

  it("plans a form for each side", () => {
    const plan = skfacViews({ rank: 32, refreshEvery: 20, examplesPerBatch: null }).plan(
      layerBlock("layer", 10, 784),
      128,
    );
    expect(plan.form).toBe("A 32 columns of 785 · G 10 × 10");
    expect(plan.flops).toBeGreaterThan(10 * 4 * 32 * 785); // the gradient has 10 rows, the batch 128
  });
});
