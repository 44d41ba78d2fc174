import { layerSuite } from "@kronograd/suites";
import { mul, ShapeError, scale, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, random, ready, set } from "../../testing/index.ts";
import { LayerNorm } from "./layer-norm.ts";
import { RmsNorm } from "./rms-norm.ts";

layerSuite("RmsNorm", () => new RmsNorm({ shape: 3 }), { input: [4, 3] });
layerSuite("RmsNorm over two axes", () => new RmsNorm({ shape: [2, 3] }), { input: [4, 5, 2, 3] });

describe("RmsNorm", () => {
  it("computes a value by hand", () => {
    const layer = ready(new RmsNorm({ shape: 2, epsilon: 0 }));
    set(layer.parameters().gamma, [1, 10]);
    expect(layer.forward(f64([[1, 7]]))).toBeAllclose([[0.2, 14]]); // √((1 + 49)/2) = 5
  });

  it("does not change when an example is scaled up", () => {
    const layer = ready(new RmsNorm({ shape: 4, epsilon: 0 }));
    const x = random([3, 4]);
    expect(layer.forward(scale(x, 1000))).toBeAllclose(layer.forward(x), { rtol: 1e-14 });
  });

  it("is layer normalization where the mean is 0", () => {
    const x = mul(random([5, 1]), f64([[1, -1, 2, -2]]));
    const [rms, layer] = [ready(new RmsNorm({ shape: 4 })), ready(new LayerNorm({ shape: 4 }))];
    expect(rms.forward(x)).toBeAllclose(layer.forward(x), { rtol: 1e-13 });
  });

  it("gives 0 for 0", () => {
    expect([
      ...ready(new RmsNorm({ shape: 2 }))
        .forward(f64([[0, 0]]))
        .dataSync(),
    ]).toEqual([0, 0]);
  });

  it("refuses an input that ends in another shape, and an empty shape", () => {
    const layer = ready(new RmsNorm({ shape: [4] }));
    expect(() => layer.forward(random([3, 5]))).toThrow(ShapeError);
    expect(() => layer.forward(random([3, 5]))).toThrow("norm: input ends in [5], layer expects [4]");
    expect(() => new RmsNorm({ shape: [4, 0] })).toThrow(UsageError);
  });
});
