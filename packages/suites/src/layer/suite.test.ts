import { recordLayer } from "@kronograd/autograd";
import {
  avgPool2d,
  BatchNorm,
  Conv2d,
  Dense,
  dropout,
  Embedding,
  GroupNorm,
  gelu,
  type Layer,
  LayerNorm,
  MultiHeadAttention,
  maxPool2d,
  residual,
  Sequential,
} from "@kronograd/layers";
import { detach, linear, Rng, scale, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { type LayerInput, layerStatements } from "./checks.ts";
import { layerSuite } from "./suite.ts";

layerSuite("Dense", () => new Dense({ in: 3, out: 2 }), { input: [4, 3] });
layerSuite("Dense on sequences, without bias", () => new Dense({ in: 3, out: 2, bias: false }), { input: [2, 4, 3] });
layerSuite("Conv2d", () => new Conv2d({ in: 2, out: 3, kernel: 3, stride: 2, padding: 1 }), { input: [2, 2, 5, 4] });
layerSuite("Conv2d, grouped and dilated", () => new Conv2d({ in: 4, out: 6, kernel: [2, 1], dilation: 2, groups: 2 }), {
  input: [2, 4, 5, 3],
});
layerSuite("BatchNorm", () => new BatchNorm({ features: 3 }), { input: [4, 3, 2, 2] });
layerSuite("LayerNorm", () => new LayerNorm({ shape: 5 }), { input: [3, 2, 5] });
layerSuite("GroupNorm", () => new GroupNorm({ features: 4, groups: 2 }), { input: [2, 4, 3] });
layerSuite("Embedding", () => new Embedding({ count: 5, features: 3 }), {
  input: [2, 3],
  dtype: "int32",
  range: [0, 5],
});
layerSuite("MultiHeadAttention", () => new MultiHeadAttention({ features: 4, heads: 2 }), { input: [2, 3, 4] });
layerSuite("maxPool2d", () => maxPool2d(2), { input: [2, 1, 4, 5], distinct: true });
layerSuite("avgPool2d", () => avgPool2d(2, { padding: 1 }), { input: [2, 2, 3, 4] });
layerSuite("dropout", () => dropout(0.3), { input: [3, 5] });
layerSuite(
  "a net",
  () =>
    new Sequential([
      new Dense({ in: 3, out: 3 }),
      gelu(),
      residual(new Sequential([new Dense({ in: 3, out: 3 }), gelu()])),
    ]),
  { input: [4, 3] },
);

/** The statements that a layer fails. */
const failed = (make: () => Layer, input: LayerInput): string[] =>
  layerStatements.flatMap(({ says, check }) => {
    try {
      check(make, input);
      return [];
    } catch {
      return [says];
    }
  });

/** A dense layer with another forward pass. */
function dense(forward: (x: Tensor, own: { weight: Tensor; bias: Tensor }, name: string) => Tensor): () => Layer {
  return () => {
    const layer = new Dense({ in: 3, out: 2 });
    layer.forward = (x) => forward(x, layer.parameters() as { weight: Tensor; bias: Tensor }, layer.name);
    return layer;
  };
}

describe("layerStatements", () => {
  const input = { input: [4, 3] };

  it("see a gradient that is cut", () => {
    expect(
      failed(
        dense((x, { weight, bias }) => linear(x, detach(weight), bias)),
        input,
      ),
    ).toEqual(["has right gradients of first and second order in its input and its parameters"]);
  });

  it("see a record of something else than the op's output", () => {
    const wrong = dense((x, { weight, bias }, name) => {
      const output = scale(linear(x, weight, bias), 2);
      recordLayer({ name, weight, bias, input: x, output, geometry: { kind: "dense" } });
      return output;
    });
    expect(failed(wrong, input)).toEqual([
      "reports inputs and output gradients whose products are its weights' gradients",
    ]);
  });

  it("see random numbers that are not the pass's own", () => {
    const rng = new Rng(0);
    expect(
      failed(
        dense((x, { weight, bias }) => scale(linear(x, weight, bias), 1 + rng.uniform())),
        input,
      ),
    ).toContain("gives the same bits twice");
  });
});
