/** The table of docs/methods.md §9: which links are linear in the gradient, and what becomes of a gradient in factors. */
import { factoredGradient } from "@kronograd/autograd";
import { normal, Rng, zeros } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { layerBlock, valuesOf } from "../../testing/index.ts";
import { type Direction, factoredDirection } from "../direction.ts";
import { Optimizer } from "../optimizer.ts";
import type { Transform, Updates } from "../transform.ts";
import {
  adadeltaScaling,
  adagradScaling,
  adamaxScaling,
  adamScaling,
  klClip,
  momentum,
  nadamScaling,
  normClip,
  rmspropScaling,
  weightDecay,
} from "./index.ts";

const block = layerBlock("layer", 3, 4);
const random = (seed: number, columns: number) => normal(new Rng(seed), [2, columns], { dtype: "float64" });
const factorsOf = (seed: number) => ({ g: random(seed, 3), a: random(seed + 1, 4), scale: 0.5, hasBias: true });

function first(transform: Transform, gradient: Direction): Updates {
  using optimizer = new Optimizer({ name: "test", learningRate: 1, chain: transform });
  const float64 = { dtype: "float64" } as const;
  const parameters = { "layer.weight": zeros([3, 4], float64), "layer.bias": zeros([3], float64) };
  return optimizer.update(new Map([["layer", gradient]]), { parameters, step: 0 });
}

const links: readonly [name: string, make: () => Transform, linear: boolean, form: "factors" | "ahead" | "parts"][] = [
  ["klClip", () => klClip(1e-3), false, "factors"],
  ["normClip", () => normClip(0.1), false, "factors"],
  ["weightDecay", () => weightDecay(0.1), true, "parts"],
  ["momentum", () => momentum(), true, "parts"],
  ["momentum, nesterov", () => momentum({ nesterov: true }), true, "ahead"],
  ["adamScaling", () => adamScaling(), false, "parts"],
  ["adamaxScaling", () => adamaxScaling(), false, "parts"],
  ["nadamScaling", () => nadamScaling(), false, "parts"],
  ["rmspropScaling", () => rmspropScaling(), false, "parts"],
  ["adagradScaling", () => adagradScaling(), false, "parts"],
  ["adadeltaScaling", () => adadeltaScaling(), false, "parts"],
];

describe.each(links)("%s", (_, make, linear, form) => {
  it(`gives ${form} for a gradient in factors`, () => {
    const { factors, ahead } = first(make(), factoredGradient(block, factorsOf(1))).get("layer") as Direction;
    expect({ factors: factors !== undefined, ahead: ahead !== undefined }).toEqual({
      factors: form === "factors",
      ahead: form === "ahead",
    });
  });

  it(`is ${linear ? "" : "not "}linear`, () => {
    const [p, q] = [factorsOf(1), factorsOf(3)];
    const both = { ...p, g: p.g.add(q.g) }; // same inputs: the gradients add up
    const of = (factors: typeof p) => valuesOf(first(make(), factoredDirection(block, factors)), "layer");
    const [x, y, z] = [of(p), of({ ...q, a: p.a }), of(both)] as [number[], number[], number[]];
    const worst = Math.max(...z.map((value, i) => Math.abs(value - (x[i] as number) - (y[i] as number))));
    if (linear) expect(worst).toBeLessThan(1e-12);
    else expect(worst).toBeGreaterThan(1e-6);
  });
});
