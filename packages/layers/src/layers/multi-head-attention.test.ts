import { valueAndGrad } from "@kronograd/autograd";
import { concat, Rng, ShapeError, slice, sum, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { evaluation, expectRightGradients, random, ready } from "../../testing/index.ts";
import { attention } from "../attention.ts";
import { parameters } from "../model-tree.ts";
import type { Dense } from "./dense.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";

describe("MultiHeadAttention", () => {
  it("equals single-head attention on each slice of the features, put side by side", () => {
    const layer = ready(new MultiHeadAttention({ features: 4, heads: 2 }));
    const x = random([2, 3, 4]);
    const { q, k, v, o } = layer.children();
    const head = (from: number) => {
      const part = (map: Dense) => slice(map.forward(x), [null, null, [from, from + 2]]);
      return attention(part(q), part(k), part(v));
    };
    expect(layer.forward(x, evaluation)).toBeAllclose(o.forward(concat([head(0), head(2)], 2)), { rtol: 1e-14 });
  });

  it("does not look ahead when causal", () => {
    const layer = ready(new MultiHeadAttention({ features: 4, heads: 2, causal: true }));
    const x = random([1, 3, 4]);
    const first = slice(layer.forward(x, evaluation), [null, [0, 1]]);
    const alone = layer.forward(slice(x, [null, [0, 1]]), evaluation);
    expect(first).toBeAllclose(alone, { rtol: 1e-14 });
  });

  it("has right gradients, also causal and with dropout", () => {
    const layer = ready(new MultiHeadAttention({ features: 4, heads: 2, causal: true, dropout: 0.3 }));
    expectRightGradients(layer, random([2, 3, 4]));
    expectRightGradients(layer, random([2, 3, 4]), { training: true, rng: new Rng(3) });
  });

  it("shows its four maps to curvature", () => {
    const layer = ready(new MultiHeadAttention({ features: 4, heads: 2 }));
    const x = random([2, 3, 4]);
    const { records } = valueAndGrad(() => sum(layer.forward(x, evaluation)), parameters(layer), {
      capture: { inputs: true },
    });
    expect([...records.keys()]).toEqual(["q", "k", "v", "o"]);
    expect(records.get("o")?.positions).toBe(3);
  });

  it("refuses heads that do not divide the features, and other inputs", () => {
    expect(() => new MultiHeadAttention({ features: 6, heads: 4 })).toThrow(UsageError);
    const layer = ready(new MultiHeadAttention({ features: 4, heads: 2 }));
    expect(() => layer.forward(random([3, 4]), evaluation)).toThrow(ShapeError);
    expect(() => layer.forward(random([1, 3, 5]), evaluation)).toThrow(
      "attention: input has 5 features, layer expects 4",
    );
  });
});
