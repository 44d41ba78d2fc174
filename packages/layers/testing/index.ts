/** What the tests of this package share; not published. */

import { grad } from "@kronograd/autograd";
import {
  mul,
  type NestedNumbers,
  normal,
  Rng,
  scope,
  sum,
  type Tensor,
  type Tree,
  tensor,
  write,
} from "@kronograd/tensor";
import { expect } from "vitest";
import { initialize, type Layer, type Mode, parameters } from "../src/index.ts";

export const evaluation: Mode = { training: false };

/** A float64 tensor. */
export const f64 = (values: NestedNumbers): Tensor => tensor(values, { dtype: "float64" });

/** An int32 tensor of any nesting. */
export const int32 = (values: NestedNumbers): Tensor => tensor(values, { dtype: "int32" });

/** Standard normal float64 numbers. */
export const random = (shape: readonly number[], seed = 7): Tensor =>
  normal(new Rng(seed), shape, { dtype: "float64" });

/** Initialize in float64 from seed 0, and give it back. */
export function ready<T extends Layer<Tree>>(layer: T): T {
  initialize(layer, { rng: new Rng(0), dtype: "float64" });
  return layer;
}

/** Put values into parameters or buffers. */
export function set(target: Tensor | undefined, values: NestedNumbers): void {
  const given = f64(values);
  write(target as Tensor, given.dataSync());
}

/** With step h = 1e-4 a five-point difference truncates at about 1e-11 and rounds at 2e-12, relative to the sizes below. */
const tolerance = 1e-8;

/**
 * Compare the gradient of ⟨u, layer(x)⟩ in all parameters and in x with differences along one random direction of them all.
 */
export function expectRightGradients(layer: Layer, x: Tensor, mode: Mode = evaluation): void {
  scope(() => {
    const own = { ...parameters(layer), ...(x.dtype === "int32" ? {} : { x }) };
    const weights = random(layer.forward(x, mode).shape, 1);
    const value = () => sum(mul(layer.forward(x, mode), weights));
    const gradients = grad(value, own);
    const names = Object.keys(own) as (keyof typeof own)[];
    const start = names.map((name) => (own[name] as Tensor).dataSync());
    const directions = names.map((name, i) => random((own[name] as Tensor).shape, 100 + i).dataSync());
    const at = (t: number) => {
      names.forEach((name, i) => {
        write(
          own[name] as Tensor,
          (start[i] as Float64Array).map((v, k) => v + t * ((directions[i] as Float64Array)[k] ?? 0)),
        );
      });
      return value().itemSync();
    };
    const h = 1e-4;
    const numerical = (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h);
    at(0);
    const terms = names.flatMap((name, i) =>
      [...(gradients[name] as Tensor).dataSync()].map((g, k) => g * ((directions[i] as Float64Array)[k] ?? 0)),
    );
    const analytic = terms.reduce((a, b) => a + b, 0);
    const size = terms.reduce((a, b) => a + Math.abs(b), 0);
    expect(Math.abs(analytic - numerical) / size).toBeLessThan(tolerance);
  });
}
