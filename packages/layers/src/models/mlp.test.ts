import { Rng, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { expectRightGradients, random, ready } from "../../testing/index.ts";
import { gaussian } from "../initializers.ts";
import { tanh } from "../layers/activations.ts";
import { countParameters, parameters } from "../model-tree.ts";
import { mlp } from "./mlp.ts";

describe("mlp", () => {
  it("has 109 386 parameters as 784-128-64-10", () => {
    expect(countParameters(mlp([784, 128, 64, 10], { rng: new Rng(0) }))).toBe(109_386);
  });

  it("puts an activation between each two layers, and none at the end", () => {
    expect(Object.keys(mlp([2, 3, 4, 1]).children())).toEqual([
      "flatten1",
      "dense1",
      "relu1",
      "dense2",
      "relu2",
      "dense3",
    ]);
    expect(Object.keys(mlp([2, 3, 1], { activation: tanh }).children())).toEqual([
      "flatten1",
      "dense1",
      "tanh1",
      "dense2",
    ]);
  });

  it("has right gradients, and takes initial weights", () => {
    const model = ready(mlp([3, 4, 2], { activation: tanh, init: gaussian(0) }));
    expect(
      parameters(model)
        ["dense1.weight"]?.dataSync()
        .every((value) => value === 0),
    ).toBe(true);
    expectRightGradients(ready(mlp([3, 4, 2], { activation: tanh })), random([5, 3]));
  });

  it("takes images as they are", () => {
    const model = ready(mlp([12, 2]));
    const rows = random([3, 12]);
    const asImages = model.forward(rows.reshape([3, 1, 3, 4]), { training: false });
    expect(asImages.dataSync()).toEqual(model.forward(rows, { training: false }).dataSync());
  });

  it("refuses bad widths", () => {
    expect(() => mlp([3, 0, 2])).toThrow(UsageError);
  });
});
