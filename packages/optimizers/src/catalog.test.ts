/** What every optimizer of the catalog must do: one table of facts, a row for each. */

import { cpu, type Dtype, mul, Rng, scope, sub, sum, type Tensor, tensor, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { lion, lionOptions } from "./catalog/lion.ts";
import { catalog, catalogEntry, optimizersIn } from "./catalog.ts";
import type { Optimizer } from "./optimizer.ts";
import { loadState } from "./state/optimizer-state.ts";
import { updatesOf } from "./transform.ts";

type Weights = { readonly a: Tensor; readonly b: Tensor };

const start = (dtype: Dtype): Weights => ({
  a: tensor(
    [
      [3, -2],
      [1, 4],
    ],
    { dtype },
  ),
  b: tensor([-5, 0.5, 2], { dtype }),
});
const curvature = {
  a: [
    [1, 0.5],
    [0.3, 0.8],
  ],
  b: [0.4, 1, 0.6],
};

/** Gradient of ½ Σ cᵢ (wᵢ − 1)², whose minimum is all ones. */
function gradient(weights: Weights, name: "a" | "b"): Tensor {
  return mul(sub(weights[name], 1), tensor(curvature[name], { dtype: weights[name].dtype }));
}

function loss(weights: Weights): number {
  return scope(() =>
    (["a", "b"] as const).reduce((total, name) => {
      return total + 0.5 * sum(mul(gradient(weights, name), sub(weights[name], 1))).itemSync();
    }, 0),
  );
}

function run(optimizer: Optimizer, weights: Weights, from: number, to: number): void {
  for (let step = from; step < to; step++) {
    scope(() => {
      const gradients = updatesOf({ a: gradient(weights, "a"), b: gradient(weights, "b") });
      optimizer.apply(weights, optimizer.update(gradients, { parameters: weights, step, rng: new Rng(step) }), step);
    });
  }
}

const bits = ({ a, b }: Weights) => [...a.dataSync(), ...b.dataSync()];

/** Of these rates one must do: what a step is measured in differs from optimizer to optimizer. */
const rates = [0.1, 0.3, 1, 30];

describe.each(Object.keys(catalog))("%s", (name) => {
  const make = (options: Record<string, unknown> = {}) => catalog[name]!.make({ learningRate: 0.1, ...options });

  it.each(["float32", "float64"] as const)("finds the minimum of a quadratic in %s", (dtype) => {
    const endsBelow = (learningRate: number) =>
      scope(() => {
        const weights = start(dtype);
        using optimizer = make({ learningRate, weightDecay: 0 });
        const before = loss(weights);
        run(optimizer, weights, 0, 200);
        expect(weights.a.dtype).toBe(dtype);
        return loss(weights) < 0.01 * before;
      });
    expect(rates.some(endsBelow)).toBe(true);
  });

  it("ends with the same bits when it is saved and loaded midway", () => {
    scope(() => {
      const [whole, resumed] = [start("float32"), start("float32")];
      using first = make();
      run(first, whole, 0, 12);
      using before = make();
      run(before, resumed, 0, 5);
      using after = make();
      loadState(after, before.state);
      run(after, resumed, 5, 12);
      expect(bits(resumed)).toEqual(bits(whole));
    });
  });

  it("leaves nothing behind after 1000 steps", () => {
    const baseline = { ...cpu.memory };
    scope(() => {
      const weights = start("float32");
      using optimizer = make({ weightDecay: 0.01 });
      run(optimizer, weights, 0, 1);
      const { tensors, buffers, bytes } = cpu.memory;
      run(optimizer, weights, 1, 1000);
      expect(cpu.memory).toMatchObject({ tensors, buffers, bytes });
    });
    expect(cpu.memory).toMatchObject({ tensors: baseline.tensors, buffers: baseline.buffers, bytes: baseline.bytes });
  });

  it("gives each group its own rate and decay", () => {
    scope(() => {
      const weights = start("float64");
      const frozen = bits({ ...weights, a: weights.b });
      using optimizer = make({ weightDecay: 0.1, groups: [{ match: "^b$", learningRateFactor: 0, weightDecay: 0 }] });
      run(optimizer, weights, 0, 3);
      expect(bits({ ...weights, a: weights.b })).toEqual(frozen);
      expect(bits(weights)).not.toEqual(bits(start("float64")));
    });
  });

  it("refuses an unknown option and a negative rate", () => {
    expect(() => make({ learningrate: 1 })).toThrow(`${name}: unknown option "learningrate"`);
    expect(() => make({ learningRate: -1 })).toThrow(`${name}: learningRate is out of range`);
  });
});

describe("catalogEntry", () => {
  it("ignores case and names the nearest", () => {
    expect(catalogEntry("ADAMW")).toBe(catalog.adamW);
    expect(() => catalogEntry("adamm")).toThrow(UsageError);
    expect(() => catalogEntry("adamm")).toThrow('optimizer: unknown optimizer "adamm"');
    expect(() => catalogEntry("adamm")).toThrow('Did you mean "adam"?');
  });

  it("has a line of help for every option, and defaults within their ranges", () => {
    for (const { summary, options } of Object.values(catalog)) {
      expect(summary).toMatch(/\w/);
      for (const entry of Object.values(options)) {
        expect(entry.help).toMatch(/\S/);
        expect(entry.accepts(entry.default)).toBe(true);
      }
    }
  });
});

describe("optimizersIn", () => {
  it("does not make an optimizer of a helper that an optimizer's file exports", () => {
    const lionHelper = (x: number) => x;
    const found = optimizersIn({ lion, lionOptions, lionHelper, version: 1, nothing: null });
    expect(Object.keys(found)).toEqual(["lion"]);
    expect(found.lion).toEqual(catalog.lion);
  });
});
