/** Second-order optimizers on what is not a well-posed problem: a finite step downhill, or none, whatever comes. */

import { type Objective, valueAndGrad } from "@kronograd/autograd";
import {
  denseLayer,
  meanSquaredError,
  randomWeights,
  softmaxCrossEntropy,
  type Weights,
} from "@kronograd/suites/exact";
import { normal, Rng, relu, type Shape, scale, type Tensor, tanh, tensor, zeros } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { ekfac } from "./catalog/ekfac.ts";
import { eva } from "./catalog/eva.ts";
import { foof } from "./catalog/foof.ts";
import { kfac } from "./catalog/kfac.ts";
import { skfac } from "./catalog/skfac.ts";
import type { Optimizer } from "./optimizer.ts";
import type { Updates } from "./transform.ts";

const bare = { klClip: null, momentum: 0 } as const;
const makers: Record<string, () => Optimizer> = {
  kfac: () => kfac(bare),
  "kfac without π": () => kfac({ ...bare, pi: false }),
  "kfac, eigen": () => kfac({ ...bare, inverse: "eigen" }),
  ekfac: () => ekfac(bare),
  foof: () => foof(bare),
  eva: () => eva(bare),
  skfac: () => skfac(bare),
  "skfac of the last batch": () => skfac({ ...bare, rank: null, refreshEvery: 1 }),
  "skfac as released": () => skfac({ paper: true, momentum: 0 }),
};

const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const shapes = { "fc1.weight": [5, 4], "fc1.bias": [5], "fc2.weight": [3, 5], "fc2.bias": [3] } as const;
const net = (weights: Weights, x: Tensor) => denseLayer("fc2", tanh(denseLayer("fc1", x, weights)), weights);

interface Step {
  readonly gradients: Updates;
  readonly updates: Updates;
  readonly reported: Readonly<Record<string, number | Tensor>>;
}

function step(optimizer: Optimizer, weights: Weights, objective: Objective, at = 0): Step {
  const { gradients, records } = valueAndGrad(objective, weights, { capture: optimizer.needs(at) });
  const reported: Record<string, number | Tensor> = {};
  const report = (name: string, value: number | Tensor) => {
    reported[name] = value;
  };
  return {
    gradients,
    updates: optimizer.update(gradients, { parameters: weights, records, step: at, report }),
    reported,
  };
}

const flat = (updates: Updates): number[] =>
  [...updates.values()].flatMap((update) => update.parts().flatMap((part) => [...part.dataSync()]));
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

/** Every number of the directions is finite, and they point downhill. */
function mustDescend({ updates, gradients }: Step): void {
  const [u, g] = [flat(updates), flat(gradients)];
  expect(u.every(Number.isFinite)).toBe(true);
  expect(dot(u, g)).toBeGreaterThan(0);
}

const mse = (weights: Weights, x: Tensor, y: Tensor) => ({
  outputs: () => net(weights, x),
  loss: meanSquaredError(),
  targets: y,
});

describe.each(Object.entries(makers))("%s", (_, make) => {
  const weights = randomWeights(shapes);

  it("gives zero directions for zero gradients", () => {
    using optimizer = make();
    const x = random(1, [6, 4]);
    const { updates } = step(optimizer, weights, mse(weights, x, net(weights, x)));
    expect(flat(updates).every((value) => value === 0)).toBe(true);
  });

  it("descends where all inputs are zero", () => {
    using optimizer = make();
    mustDescend(step(optimizer, weights, mse(weights, zeros([6, 4], { dtype: "float64" }), random(2, [6, 3]))));
  });

  it.each([1, 2, 100])("descends on a batch of %d", (examples) => {
    using optimizer = make();
    const labels = tensor(Int32Array.from({ length: examples }, (_, n) => n % 3));
    const x = random(1, [examples, 4]);
    const objective = { outputs: () => net(weights, x), loss: softmaxCrossEntropy(), targets: labels };
    mustDescend(step(optimizer, weights, objective));
  });

  it("descends with a dead layer: no unit of it passes a gradient on", () => {
    using optimizer = make();
    const dead = { ...weights, "fc1.bias": tensor(new Float64Array(5).fill(-100)) };
    const outputs = () => denseLayer("fc2", relu(denseLayer("fc1", random(1, [6, 4]), dead)), dead);
    mustDescend(step(optimizer, dead, { outputs, loss: meanSquaredError(), targets: random(2, [6, 3]) }));
  });

  it("leaves a layer that no step used its zero gradient, and uses its statistics when it is back", () => {
    using optimizer = make();
    const [x, y] = [random(1, [6, 4]), random(2, [6, 5])];
    const short = { outputs: () => denseLayer("fc1", x, weights), loss: meanSquaredError(), targets: y };
    const first = step(optimizer, weights, short);
    mustDescend(first);
    expect(first.updates.get("fc2.weight")?.dense()).toBeAllclose(zeros([3, 5]));
    mustDescend(step(optimizer, weights, mse(weights, x, random(3, [6, 3])), 1));
    mustDescend(step(optimizer, weights, short, 2));
  });

  it("forgets a batch that is not finite: the next step is the one that would have come without it", () => {
    using calm = make();
    using disturbed = make();
    const batch = (seed: number) => mse(weights, random(seed, [6, 4]), random(seed + 1, [6, 3]));
    const spoilt = mse(weights, scale(random(5, [6, 4]), Number.NaN), random(6, [6, 3]));
    const undisturbed = [batch(1), batch(3)].map((objective) => step(calm, weights, objective));
    step(disturbed, weights, batch(1));
    step(disturbed, weights, spoilt);
    const after = step(disturbed, weights, batch(3));
    mustDescend(after);
    for (const [name, update] of undisturbed[1]!.updates) {
      expect(after.updates.get(name)?.dense()).toBeAllclose(update.dense(), { rtol: 1e-12 });
    }
  });

  it.each([1e-20, 1e-10, 1, 1e10, 1e20])("descends with the loss times %d", (size) => {
    using optimizer = make();
    const loss = meanSquaredError();
    const scaled = {
      ...loss,
      value: (outputs: Tensor, targets: Tensor) => scale(loss.value(outputs, targets), size),
    };
    const objective = { outputs: () => net(weights, random(1, [3, 4])), loss: scaled, targets: random(2, [3, 3]) };
    mustDescend(step(optimizer, weights, objective));
  });
});

describe("a loss so large that λ is lost in the factors' rounding", () => {
  const reportedAt = (size: number, damping = 0.03) => {
    const weights = randomWeights(shapes);
    using optimizer = kfac({ ...bare, damping });
    const loss = meanSquaredError();
    const value = (outputs: Tensor, targets: Tensor) => scale(loss.value(outputs, targets), size);
    const objective = {
      outputs: () => net(weights, random(1, [3, 4])), // three examples leave both factors singular
      loss: { ...loss, value },
      targets: random(2, [3, 3]),
    };
    return step(optimizer, weights, objective).reported;
  };

  it("has its damping raised to less than ten times what is needed, and says so", () => {
    const { dampingRaised } = reportedAt(1e15);
    expect(dampingRaised).toBeGreaterThan(0.03);
    expect(reportedAt(1e15, (dampingRaised as number) * 1.01)).not.toHaveProperty("dampingRaised");
    expect(reportedAt(1e15, (dampingRaised as number) / 10)).toHaveProperty("dampingRaised");
  });

  it("keeps its plain gradients where 10⁸ λ would not do, and says so", () => {
    expect(reportedAt(1e20)).toEqual({ damping: 0.03, failedRefreshes: 2 });
  });
});
