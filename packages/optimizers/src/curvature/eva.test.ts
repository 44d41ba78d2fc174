import { denseGradient, layerRecord } from "@kronograd/autograd";
import { curvatureSuite } from "@kronograd/suites";
import { NumericalError, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, layerBlock } from "../../testing/index.ts";
import { blockInfo } from "../block-info.ts";
import { contextByHand, directionByHand, learnByHand, refreshByHand } from "../driver/by-hand.ts";
import { evaCurvature } from "./eva.ts";

curvatureSuite(evaCurvature());
describe("with biases apart, from the last batch alone", () =>
  curvatureSuite(evaCurvature({ bias: "separate", decay: 0 })));

const block = layerBlock("fc", 1, 1);
const context = (damping: number) => contextByHand(damping, 0);
const recordOf = (input: number[][], grads: number[][]) =>
  layerRecord({
    name: "fc",
    geometry: { kind: "dense" },
    hasBias: true,
    labels: "empirical",
    uses: [{ input: f64(input), outputGrads: [f64(grads)] }],
  });

// S6, Eva against the dense solve, is in exactness-identities.test.ts.
describe("evaCurvature", () => {
  const method = evaCurvature({ decay: 0.5 });
  const first = learnByHand(
    method,
    method.init(blockInfo(block), context(1)),
    recordOf([[1], [3]], [[2], [0]]),
    context(1),
  );

  it("gives the direction computed by hand", () => {
    // ā = (2, 1), ḡ = 1: ḡāᵀ = (2, 1), s = (2·1 + 1·3) / (1 + 5) = 5/6; ((1, 3) − 5/6 (2, 1)) / 1
    const state = refreshByHand(method, first, context(1));
    const direction = directionByHand(method, state, denseGradient(block, f64([[1, 3]])), context(1)) as Tensor;
    expect(direction).toBeAllclose([[1 - 10 / 6, 3 - 5 / 6]]);
  });

  it("averages the means", () => {
    const { means } = learnByHand(method, first, recordOf([[4]], [[5]]), context(1));
    expect(means?.a).toBeAllclose([[3, 1]]);
    expect(means?.g).toBeAllclose([[3]]);
  });

  it("shows its means, and plans next to nothing", () => {
    expect(method.inspect?.(method.init(blockInfo(block), context(1)))).toEqual({});
    expect(Object.keys(method.inspect?.(first)?.matrices ?? {})).toEqual(["a", "g"]);
    expect(method.plan?.(layerBlock("fc", 10, 784), 128).bytes).toBe(4 * (10 + 785));
  });

  it("throws NumericalError without damping", () => {
    expect(() => refreshByHand(method, first, context(0))).toThrow(NumericalError);
  });
});
