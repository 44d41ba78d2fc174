import { factoredGradient, type LayerRecord, layerRecord } from "@kronograd/autograd";
import { normal, Rng, UsageError, zeros } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { layerBlock } from "../../testing/index.ts";
import { kfacCurvature } from "../curvature/kfac.ts";
import { leanSkfac } from "../curvature/parts/skfac-method.ts";
import { Optimizer } from "../optimizer.ts";
import type { Transform } from "../transform.ts";
import { precondition } from "./precondition.ts";
import { preconditionPlainly } from "./precondition-plainly.ts";
import { someExamples } from "./some-examples.ts";

const block = layerBlock("layer", 3, 5);
const random = (seed: number, columns: number) => normal(new Rng(seed), [8, columns], { dtype: "float64" });
const recordOf = (step: number): LayerRecord =>
  layerRecord({
    name: "layer",
    geometry: { kind: "dense" },
    hasBias: true,
    labels: "empirical",
    uses: [{ input: random(2 * step, 5), outputGrads: [random(2 * step + 1, 3)] }],
  });

/** Directions of five steps; records come where the chain asks for them. */
function directions(chain: Transform, parts = 1): number[][] {
  using optimizer = new Optimizer({ name: "test", learningRate: 1, chain });
  const parameters = { "layer.weight": zeros([3, 5]), "layer.bias": zeros([3]) };
  return [0, 1, 2, 3, 4].map((step) => {
    const factors = { g: random(50 + step, 3), a: random(60 + step, 5), scale: 1 / 8, hasBias: true };
    const asked = optimizer.needs(step).inputs === true;
    const records = new Map(asked ? [["layer", Array.from({ length: parts }, () => recordOf(step))]] : []);
    const made = optimizer.update(new Map([["layer", factoredGradient(block, factors)]]), {
      parameters,
      step,
      records,
    });
    return [...(made.get("layer")?.dense().dataSync() ?? [])];
  });
}

describe("preconditionPlainly", () => {
  it("gives the directions of precondition, whole batches and windows of them", () => {
    for (const method of [kfacCurvature(), leanSkfac({ refreshEvery: 2 })]) {
      for (const examples of [undefined, someExamples(3)]) {
        const some = examples && { examples };
        const want = directions(precondition(method as never, { statisticsEvery: 2, refreshEvery: 2, ...some }));
        expect(directions(preconditionPlainly(method as never, { every: 2, ...some }))).toEqual(want);
      }
    }
  });

  it("refuses a batch in parts", () => {
    expect(() => directions(preconditionPlainly(leanSkfac()), 2)).toThrow(UsageError);
  });
});
