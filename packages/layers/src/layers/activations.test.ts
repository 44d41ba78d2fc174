import { describe, expect, it } from "vitest";
import { evaluation, expectRightGradients, f64, random } from "../../testing/index.ts";
import type { Layer } from "../layer.ts";
import { elu, gelu, leakyRelu, relu, sigmoid, silu, softmax, softplus, tanh } from "./activations.ts";

const at1 = (layer: Layer, x: number) => layer.forward(f64([x]), evaluation).itemSync();

describe("activations", () => {
  it.each([
    [relu(), -1, 0],
    [leakyRelu(0.1), -1, -0.1],
    [leakyRelu(), -1, -0.01],
    [elu(2), -1, 2 * Math.expm1(-1)],
    [tanh(), 1, Math.tanh(1)],
    [sigmoid(), 0, 0.5],
    [softplus(), 0, Math.LN2],
    [silu(), 1, 1 / (1 + Math.exp(-1))],
    [gelu(), 1, 0.8413447460685429], // Φ(1)
    [gelu({ tanh: true }), 1, 0.8411919906082768], // ½ (1 + tanh(√(2/π) · 1.044715))
  ] as const)("%j of %d is %d", (layer, x, y) => {
    expect(at1(layer, x)).toBeCloseTo(y, 12);
  });

  it("has softmax over the last axis, or a given one", () => {
    expect(softmax().forward(f64([[0, Math.log(3)]]), evaluation)).toBeAllclose([[0.25, 0.75]]);
    expect(softmax(0).forward(f64([[0], [Math.log(3)]]), evaluation)).toBeAllclose([[0.25], [0.75]]);
  });

  it("has right gradients", () => {
    for (const layer of [
      relu(),
      leakyRelu(),
      elu(),
      tanh(),
      sigmoid(),
      softplus(),
      silu(),
      gelu(),
      gelu({ tanh: true }),
      softmax(),
    ]) {
      expectRightGradients(layer, random([3, 4]));
    }
  });
});
