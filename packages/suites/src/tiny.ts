/** Nets and data small enough that a test trains on them in milliseconds. */

import type { Objective } from "@kronograd/autograd";
import {
  Conv2d,
  Dense,
  flatten,
  type Layer,
  maxPool2d,
  parameters,
  relu,
  Sequential,
  softmaxCrossEntropy,
  tanh,
} from "@kronograd/layers";
import { normal, type Placement, Rng, type Tensor, tensor } from "@kronograd/tensor";

/** Labelled examples. */
export interface TinyData {
  readonly x: Tensor;
  /** int32 */
  readonly labels: Tensor;
}

/** A net with data that fit it, and the loss of the whole batch as an objective. */
export interface TinyProblem {
  readonly model: Layer;
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly data: TinyData;
  readonly objective: Objective;
}

/** Where a problem lives, its seed and its size. */
export interface TinyOptions extends Placement {
  readonly seed?: number;
  /** Examples; default 12. */
  readonly examples?: number;
}

/** Normal clouds around the corners of a simplex: class c is shifted by 2 along feature c. */
export function tinyClouds({
  seed = 0,
  examples = 12,
  features = 4,
  classes = 3,
  ...placement
}: TinyOptions & { features?: number; classes?: number } = {}): TinyData {
  const rng = new Rng(seed).fork("clouds");
  const labels = Int32Array.from({ length: examples }, (_, i) => i % classes);
  const values = Float64Array.from({ length: examples * features }, (_, i) => {
    const [example, feature] = [Math.floor(i / features), i % features];
    return rng.normal() + (labels[example] === feature ? 2 : 0);
  });
  const device = placement.device === undefined ? {} : { device: placement.device };
  return {
    x: tensor(values, { ...placement, dtype: placement.dtype ?? "float32", shape: [examples, features] }),
    labels: tensor(labels, device),
  };
}

/** An MLP 4-5-3 with tanh on clouds. */
export function tinyMlp({ seed = 0, ...options }: TinyOptions = {}): TinyProblem {
  const { examples: _, ...placement } = options;
  const model = new Sequential([new Dense({ in: 4, out: 5 }), tanh(), new Dense({ in: 5, out: 3 })], {
    ...placement,
    rng: new Rng(seed).fork("mlp"),
  });
  return problem(model, tinyClouds({ seed, ...options }));
}

/** A convolution, a max-pool and a dense layer on 1×6×6 noise with labels. */
export function tinyConvNet({ seed = 0, examples = 6, ...placement }: TinyOptions = {}): TinyProblem {
  const rng = new Rng(seed).fork("conv");
  const layers = [
    new Conv2d({ in: 1, out: 2, kernel: 3 }),
    relu(),
    maxPool2d(2),
    flatten(),
    new Dense({ in: 8, out: 3 }),
  ];
  const device = placement.device === undefined ? {} : { device: placement.device };
  return problem(new Sequential(layers, { ...placement, rng }), {
    x: normal(rng.fork("x"), [examples, 1, 6, 6], placement),
    labels: tensor(
      Int32Array.from({ length: examples }, (_, i) => i % 3),
      device,
    ),
  });
}

function problem(model: Layer, data: TinyData): TinyProblem {
  const objective = {
    outputs: () => model.forward(data.x, { training: true }),
    loss: softmaxCrossEntropy(),
    targets: data.labels,
  };
  return { model, parameters: parameters(model), data, objective };
}
