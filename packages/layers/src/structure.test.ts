import { ones, Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { elu, leakyRelu } from "./layers/activations.ts";
import { BatchNorm } from "./layers/batch-norm.ts";
import { Dense } from "./layers/dense.ts";
import { dropout } from "./layers/dropout.ts";
import { maxPool2d } from "./layers/pooling.ts";
import { Sequential } from "./sequential.ts";
import { modelStructure } from "./structure.ts";

describe("modelStructure", () => {
  it("lists every layer with its kind, its options and the shapes of its tensors", () => {
    const model = new Sequential(
      [new Dense({ in: 2, out: 3, bias: false }), new BatchNorm({ features: 3 }), leakyRelu(0.2)],
      { rng: new Rng(0) },
    );
    expect(modelStructure(model)).toEqual([
      { name: "block", kind: "block", options: {}, tensors: {} },
      { name: "dense1", kind: "dense", options: { in: 2, out: 3, bias: false }, tensors: { weight: [3, 2] } },
      {
        name: "norm1",
        kind: "norm",
        options: { features: 3 },
        tensors: { gamma: [3], beta: [3], runningMean: [3], runningVariance: [3] },
      },
      { name: "leakyRelu1", kind: "leakyRelu", options: { slope: 0.2 }, tensors: {} },
    ]);
  });

  it("names the options of layers that are functions", () => {
    const rows = modelStructure(new Sequential([elu(0.5), dropout(0.25), maxPool2d(2, { stride: 1 })]));
    expect(rows.slice(1).map(({ options }) => options)).toEqual([
      { alpha: 0.5 },
      { rate: 0.25 },
      { kernel: 2, stride: 1 },
    ]);
  });

  it("leaves out what is no plain data: initializers and shared weights", () => {
    const init = () => ones([2, 2]);
    const model = new Sequential([new Dense({ in: 2, out: 2, init, weight: ones([2, 2]) })], { rng: new Rng(0) });
    expect(modelStructure(model)[1]?.options).toEqual({ in: 2, out: 2 });
  });
});
