import { valueAndGrad } from "@kronograd/autograd";
import { DtypeError, sum, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { evaluation, expectRightGradients, f64, int32, random, ready, set } from "../../testing/index.ts";
import { parameters } from "../model-tree.ts";
import { Sequential } from "../sequential.ts";
import { Dense } from "./dense.ts";
import { Embedding } from "./embedding.ts";

describe("Embedding", () => {
  it("takes rows of its table", () => {
    const layer = ready(new Embedding({ count: 3, features: 2 }));
    set(layer.weight, [[1, 2], [3, 4], [5, 6]]); // biome-ignore format: a table
    expect(layer.forward(int32([[2, 0]]))).toBeAllclose([[[5, 6], [1, 2]]]); // biome-ignore format: rows
  });

  it("adds the gradients of a row that is used twice", () => {
    expectRightGradients(ready(new Embedding({ count: 4, features: 3 })), int32([[1, 1, 3], [0, 1, 3]])); // biome-ignore format: tokens
  });

  it("ties its table to the output layer: one parameter, gradients of both uses, curvature of the dense one", () => {
    const table = new Embedding({ count: 5, features: 3 });
    const model = ready(new Sequential([table, new Dense({ in: 3, out: 5, bias: false, weight: table })]));
    const x = int32([[0, 4], [2, 2]]); // biome-ignore format: tokens
    expect(Object.keys(parameters(model))).toEqual(["embedding1.weight"]);
    expectRightGradients(model, x);
    const { records } = valueAndGrad(() => sum(model.forward(x, evaluation)), parameters(model), {
      capture: { inputs: true },
    });
    expect([...records.keys()]).toEqual(["dense1"]);
  });

  it("reports no LayerRecord", () => {
    const layer = ready(new Embedding({ count: 5, features: 3 }));
    const { records } = valueAndGrad(() => sum(layer.forward(int32([1]))), parameters(layer), {
      capture: { inputs: true },
    });
    expect(records.size).toBe(0);
  });

  it("refuses inputs that are no indices, or out of range", () => {
    const layer = ready(new Embedding({ count: 5, features: 3 }));
    expect(() => layer.forward(f64([1]))).toThrow(DtypeError);
    expect(() => layer.forward(int32([5]))).toThrow(UsageError);
    expect(() => ready(new Embedding({ count: 5, features: 3, weight: random([3, 5]) })).forward(int32([1]))).toThrow(
      "another shape",
    );
  });
});
