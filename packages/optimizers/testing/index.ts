/** What this package's tests share; not exported. */

import { type Gradient, partsGradient } from "@kronograd/autograd";
import { type NestedNumbers, scope, type Tensor, tensor, zeros } from "@kronograd/tensor";
import type { BlockInfo } from "../src/block-info.ts";
import { Optimizer } from "../src/optimizer.ts";
import { type Transform, type Updates, updatesOf } from "../src/transform.ts";

export const f64 = (values: NestedNumbers): Tensor => tensor(values, { dtype: "float64" });

/** Run a transform over gradients of one parameter "w", and give the direction of each step. */
export function directionsOf(transform: Transform, gradients: readonly (readonly number[])[]): number[][] {
  return scope(() => {
    using optimizer = new Optimizer({ name: "test", learningRate: 1, chain: transform });
    return gradients.map((gradient, step) => {
      const parameters = { w: zeros([gradient.length], { dtype: "float64" }) };
      return valuesOf(optimizer.update(updatesOf({ w: f64(gradient) }), { parameters, step }), "w");
    });
  });
}

/** The values of a block's direction: all of its parts, one after the other. */
export function valuesOf(updates: Updates, block: string): number[] {
  return (updates.get(block) as Gradient).parts().flatMap((part) => [...part.dataSync()]);
}

/** A layer block `name` of weight [out, in] and bias [out]. */
export function layerBlock(name: string, out: number, inputs: number): BlockInfo {
  const shapes = [[out, inputs], [out]];
  const parameters = [`${name}.weight`, `${name}.bias`];
  return {
    name,
    parameters,
    shapes,
    shape: [out, inputs + 1],
    isLayer: true,
    hasBias: true,
    groups: 1,
    role: "hidden",
  };
}

/** A layer's gradient from its weight's and its bias's. */
export function layerGradient(name: string, weight: readonly (readonly number[])[], bias: readonly number[]): Gradient {
  return partsGradient(layerBlock(name, weight.length, (weight[0] as number[]).length), [f64(weight), f64(bias)]);
}
