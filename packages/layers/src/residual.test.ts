import { ShapeError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { evaluation, expectRightGradients, f64, random, ready } from "../testing/index.ts";
import { constant } from "./initializers.ts";
import { Dense } from "./layers/dense.ts";
import { parameters } from "./model-tree.ts";
import { residual } from "./residual.ts";
import { Sequential } from "./sequential.ts";

const double = () => new Dense({ in: 1, out: 1, bias: false, init: constant(2) });

describe("residual", () => {
  it("adds the body's output to its input", () => {
    expect(ready(residual(double())).forward(f64([[1], [5]]), evaluation)).toBeAllclose([[3], [15]]);
  });

  it("adds what a shortcut makes of the input", () => {
    expect(ready(residual(double(), double())).forward(f64([[1]]), evaluation)).toBeAllclose([[4]]);
  });

  it("has right gradients and names", () => {
    const model = ready(
      new Sequential([residual(new Dense({ in: 2, out: 2 }), new Dense({ in: 2, out: 2, bias: false }))]),
    );
    expectRightGradients(model, random([3, 2]));
    expect(Object.keys(parameters(model))).toEqual([
      "residual1.body.weight",
      "residual1.body.bias",
      "residual1.shortcut.weight",
    ]);
  });

  it("refuses branches of different shapes", () => {
    expect(() => ready(residual(new Dense({ in: 2, out: 3 }))).forward(random([4, 2]), evaluation)).toThrow(ShapeError);
  });
});
