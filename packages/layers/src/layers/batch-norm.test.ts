import { hvp, Tape } from "@kronograd/autograd";
import { Rng, ShapeError, scope, sum, type Tensor, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { evaluation, expectRightGradients, f64, random, ready, set } from "../../testing/index.ts";
import type { Mode } from "../layer.ts";
import { BatchNorm } from "./batch-norm.ts";

/** A driver's mode: collects the commits of a pass. */
function committing(): { mode: Mode; commits: [Tensor, Tensor][] } {
  const commits: [Tensor, Tensor][] = [];
  return { mode: { training: true, commit: (buffer, value) => commits.push([buffer, value]) }, commits };
}

describe("BatchNorm", () => {
  it("normalizes by the batch's mean and biased variance in training", () => {
    const layer = ready(new BatchNorm({ features: 1, epsilon: 0 }));
    set(layer.parameters().gamma, [2]);
    set(layer.parameters().beta, [1]);
    expect(layer.forward(f64([[1], [3]]), { training: true })).toBeAllclose([[-1], [3]]); // mean 2, variance 1
  });

  it("normalizes by the running statistics in evaluation", () => {
    const layer = ready(new BatchNorm({ features: 1, epsilon: 0 }));
    set(layer.buffers().runningMean, [1]);
    set(layer.buffers().runningVariance, [4]);
    expect(layer.forward(f64([[1], [3]]), evaluation)).toBeAllclose([[0], [1]]);
  });

  it("commits (1 − momentum) · old + momentum · batch, with the unbiased variance", () => {
    const layer = ready(new BatchNorm({ features: 1, momentum: 0.1 }));
    const { mode, commits } = committing();
    layer.forward(f64([[1], [3]]), mode);
    const { runningMean, runningVariance } = layer.buffers();
    expect(commits.map(([buffer]) => buffer)).toEqual([runningMean, runningVariance]);
    expect(commits[0]?.[1]).toBeAllclose([0.2]); // 0.9 · 0 + 0.1 · 2
    expect(commits[1]?.[1]).toBeAllclose([1.1]); // 0.9 · 1 + 0.1 · (2/1 · 1)
  });

  it("writes nothing itself, with or without commit, nor in a Hessian product", () => {
    const layer = ready(new BatchNorm({ features: 3 }));
    const x = random([4, 3]);
    layer.forward(x, committing().mode);
    layer.forward(x, { training: true });
    hvp(() => sum(layer.forward(x, { training: true })), x, x);
    expect(layer.buffers().runningMean).toBeAllclose([0, 0, 0]);
    expect(layer.buffers().runningVariance).toBeAllclose([1, 1, 1]);
  });

  it("keeps the running averages out of every gradient", () => {
    const layer = ready(new BatchNorm({ features: 3 }));
    const x = random([4, 3]);
    const { mode, commits } = committing();
    using tape = new Tape();
    tape.watch(x);
    const y = tape.run(() => layer.forward(x, mode));
    expect([y, ...commits.map(([, value]) => value)].map((t) => tape.isTracked(t))).toEqual([true, false, false]);
  });

  it("counts every pixel of an image as an example", () => {
    const layer = ready(new BatchNorm({ features: 2 }));
    const y = layer.forward(random([3, 2, 4, 5]), { training: true });
    expect(sum(y, [0, 2, 3])).toBeAllclose([0, 0], { atol: 1e-12 });
  });

  it("has right gradients in training and in evaluation, for both ranks", () => {
    for (const mode of [{ training: true }, evaluation]) {
      expectRightGradients(ready(new BatchNorm({ features: 3 })), random([4, 3]), mode);
      expectRightGradients(ready(new BatchNorm({ features: 2 })), random([2, 2, 3, 2]), mode);
    }
  });

  it("refuses a batch of one value for each feature in training, not in evaluation", () => {
    const layer = ready(new BatchNorm({ features: 2 }));
    expect(() => layer.forward(random([1, 2]), { training: true })).toThrow(ShapeError);
    expect(layer.forward(random([1, 2]), evaluation).shape).toEqual([1, 2]);
  });

  it("refuses another number of features, and use before it is initialized", () => {
    expect(() => ready(new BatchNorm({ features: 2 })).forward(random([4, 3]), evaluation)).toThrow(
      "norm: input has 3 features, layer expects 2",
    );
    expect(() => new BatchNorm({ features: 2 }).buffers()).toThrow(UsageError);
    expect(() => new BatchNorm({ features: -1 })).toThrow(UsageError);
  });

  it("survives the scope that it is made in, with its buffers", () => {
    const layer = scope(() => {
      const made = new BatchNorm({ features: 2 });
      made.init({ rng: new Rng(0), name: "norm" });
      return made;
    });
    expect(layer.buffers().runningMean.disposed).toBe(false);
    expect(layer.parameters().gamma.disposed).toBe(false);
  });
});
