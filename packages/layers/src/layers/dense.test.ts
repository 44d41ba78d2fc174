import { type CaptureRequest, valueAndGrad } from "@kronograd/autograd";
import { Rng, ShapeError, sum, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { evaluation, expectRightGradients, f64, random, ready, set } from "../../testing/index.ts";
import { constant } from "../initializers.ts";
import { parameters } from "../model-tree.ts";
import { Sequential } from "../sequential.ts";
import { relu } from "./activations.ts";
import { Dense } from "./dense.ts";

const everything: CaptureRequest = { layers: true, inputs: true, outputGrads: "empirical" };

describe("Dense", () => {
  it("computes x Wᵀ + b", () => {
    const layer = ready(new Dense({ in: 2, out: 3 }));
    const { weight, bias } = layer.parameters();
    set(weight, [[3, 4], [5, 6], [7, 8]]); // biome-ignore format: a matrix
    set(bias, [0, 0, 1]);
    expect(layer.forward(f64([[1, 2]]))).toBeAllclose([[11, 17, 24]]);
  });

  it("applies the same map at every position", () => {
    const layer = ready(new Dense({ in: 3, out: 2, bias: false }));
    const x = random([2, 4, 3]);
    expect(layer.forward(x).shape).toEqual([2, 4, 2]);
    expectRightGradients(layer, x);
  });

  it("has right gradients in weight, bias and input", () => {
    expectRightGradients(ready(new Dense({ in: 3, out: 2 })), random([4, 3]));
  });

  it("draws weight and bias from U(±1/√in), reproducibly", () => {
    const draw = () => ready(new Dense({ in: 4, out: 50 })).parameters();
    const sizes = Object.values(draw()).flatMap((t) => [...t.dataSync()].map(Math.abs));
    expect(Math.max(...sizes)).toBeLessThan(0.5);
    expect(Math.max(...sizes)).toBeGreaterThan(0.45);
    expect(draw().weight?.dataSync()).toEqual(draw().weight?.dataSync());
  });

  it("takes other initial values", () => {
    const layer = ready(new Dense({ in: 1, out: 2, init: constant(3), initBias: constant(4) }));
    expect(layer.forward(f64([[1]]))).toBeAllclose([[7, 7]]);
  });

  it("reports its raw input and per-example output gradients", () => {
    const layer = ready(new Dense({ in: 3, out: 2 }));
    const x = random([4, 3]);
    const { records, gradients } = valueAndGrad(() => sum(layer.forward(x)), parameters(layer), {
      capture: everything,
      lossScale: 1,
    });
    const record = records.get("dense");
    expect(record?.geometry).toEqual({ kind: "dense" });
    expect(record?.uses[0]?.input).toBeAllclose(x);
    expect(record?.uses[0]?.outputGrads[0]?.shape).toEqual([4, 2]);
    expect(gradients.get("dense")?.block.shape).toEqual([2, 4]);
  });

  it("shares a weight with another layer, which is one parameter", () => {
    const first = new Dense({ in: 3, out: 3, bias: false });
    const model = ready(new Sequential([first, relu(), new Dense({ in: 3, out: 3, bias: false, weight: first })]));
    expect(Object.keys(parameters(model))).toEqual(["dense1.weight"]);
    const x = random([2, 3]);
    expectRightGradients(model, x);
    const { records } = valueAndGrad(() => sum(model.forward(x, evaluation)), parameters(model), {
      capture: everything,
      lossScale: 1,
    });
    expect(records.get("dense1")?.positions).toBe(2);
  });

  it("refuses an input of another width by name, with both widths", () => {
    const model = new Sequential([new Dense({ in: 2, out: 16 })], { rng: new Rng(0) });
    const forward = () => model.forward(f64([[1, 2, 3]]), evaluation);
    expect(forward).toThrow(ShapeError);
    expect(forward).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: dense1: input has 3 features, layer expects 2 (got [1, 3]). Built with new Dense({ in: 2, out: 16 }).]`,
    );
  });

  it("refuses bad options, a shared weight of another shape, and use before it is initialized", () => {
    expect(() => new Dense({ in: 0, out: 2 })).toThrow(UsageError);
    expect(() => new Dense({ in: 2, out: 1.5 })).toThrow("out must be a whole number ≥ 1 (got 1.5)");
    expect(() => ready(new Dense({ in: 2, out: 2, weight: f64([[1, 2]]) })).forward(f64([[1, 2]]))).toThrow(
      "another shape",
    );
    expect(() => new Dense({ in: 1, out: 1 }).forward(f64([[1]]))).toThrow("layer has no parameters yet");
    expect(() => parameters(new Dense({ in: 1, out: 1 }))).toThrow(UsageError);
  });
});
