import { factoredGradient, type Gradient, partsGradient } from "@kronograd/autograd";
import { scale, scope, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, layerBlock, layerGradient, valuesOf } from "../../testing/index.ts";
import { chain } from "../chain.ts";
import { Optimizer } from "../optimizer.ts";
import { mapParts, type Transform, type Updates, updatesOf } from "../transform.ts";
import { klClip } from "./kl-clip.ts";

/** Stands for a preconditioner: every update times a number. */
const times = (factor: number): Transform => ({
  name: "times",
  init: () => null,
  update: (updates, state) => ({ updates: mapParts(updates, (part) => scale(part, factor)), state }),
});

const parameters = {
  "a.weight": f64([[0, 0]]),
  "a.bias": f64([0]),
  "b.weight": f64([[0, 0]]),
  "b.bias": f64([0]),
  scale: f64([0]),
};

/** Gradients of two layers with ‖·‖² = 9 and 16, and of a parameter that is no layer. */
const gradients = (): Map<string, Gradient> =>
  new Map([
    ["a", layerGradient("a", [[1, 2]], [2])],
    ["b", layerGradient("b", [[4, 0]], [0])],
    ...updatesOf({ scale: f64([100]) }),
  ]);

interface Step {
  readonly updates: Updates;
  readonly coefficient: number | undefined;
}

function run(transform: Transform, steps: readonly Updates[], learningRate = 0.1): Step[] {
  using optimizer = new Optimizer({ name: "test", learningRate, chain: transform });
  return steps.map((step, i) => {
    let coefficient: Tensor | undefined;
    const report = (_: string, value: number | Tensor) => {
      coefficient = value as Tensor;
    };
    const updates = optimizer.update(step, { parameters, step: i, report });
    return { updates, coefficient: coefficient?.itemSync() };
  });
}

describe("klClip", () => {
  it("scales all layers by one ν = √(κ / (η² Σ u∘g)), and nothing else", () => {
    scope(() => {
      const [step] = run(chain(times(2), klClip(0.02)), [gradients()]) as [Step];
      const nu = Math.sqrt(0.02 / (0.1 ** 2 * 2 * (9 + 16)));
      expect(step.coefficient).toBeCloseTo(nu, 14);
      expect(f64(valuesOf(step.updates, "a"))).toBeAllclose(f64([2 * nu, 4 * nu, 4 * nu]), { rtol: 1e-14 });
      expect(f64(valuesOf(step.updates, "b"))).toBeAllclose(f64([8 * nu, 0, 0]), { rtol: 1e-14 });
      expect(valuesOf(step.updates, "scale")).toEqual([200]);
    });
  });

  it("never lengthens a step", () => {
    scope(() => {
      const [step] = run(klClip(1e6), [gradients()]) as [Step];
      expect(step.coefficient).toBe(1);
      expect(valuesOf(step.updates, "a")).toEqual([1, 2, 2]);
    });
  });

  it("is 1 for zero gradients, a zero learning rate, and where the updates point uphill", () => {
    scope(() => {
      const zero = new Map([["a", layerGradient("a", [[0, 0]], [0])]]);
      expect(run(klClip(1e-3), [zero])[0]?.coefficient).toBe(1);
      expect(run(klClip(1e-3), [gradients()], 0)[0]?.coefficient).toBe(1);
      expect(run(chain(times(-1), klClip(1e-3)), [gradients()])[0]?.coefficient).toBe(1);
    });
  });

  it("computes ν on each of the first steps, then on every `every`-th, and keeps it between", () => {
    scope(() => {
      const grown = Array.from({ length: 8 }, (_, i) => {
        const [weight, bias] = (layerGradient("a", [[i + 1, 0]], [0]) as Gradient).parts() as [Tensor, Tensor];
        return new Map([["a", partsGradient(layerBlock("a", 1, 2), [weight, bias])]]);
      });
      const expected = (step: number) => Math.sqrt(1e-4 / 0.01) / (step + 1);
      const coefficients = run(klClip(1e-4, { every: 3, first: 2 }), grown).map(
        ({ coefficient }) => coefficient as number,
      );
      const ages = [0, 1, 1, 3, 3, 3, 6, 6];
      coefficients.forEach((nu, step) => {
        expect(nu).toBeCloseTo(expected(ages[step] as number), 14);
      });
    });
  });

  it("is the same on factors, and keeps them", () => {
    scope(() => {
      const factored = factoredGradient(layerBlock("a", 1, 2), {
        g: f64([[1], [3]]),
        a: f64([
          [1, 2],
          [0, 5],
        ]),
        scale: 0.5,
        hasBias: true,
      });
      const dense = partsGradient(factored.block, factored.parts());
      const [onFactors] = run(klClip(1e-3), [new Map([["a", factored]])]) as [Step];
      const [onParts] = run(klClip(1e-3), [new Map([["a", dense]])]) as [Step];
      expect(onFactors.coefficient).toBeCloseTo(onParts.coefficient as number, 14);
      expect(onFactors.updates.get("a")?.factors).toBeDefined();
      expect(f64(valuesOf(onFactors.updates, "a"))).toBeAllclose(f64(valuesOf(onParts.updates, "a")), { rtol: 1e-14 });
    });
  });

  it("passes updates without layers", () => {
    scope(() => {
      const [step] = run(klClip(1e-9), [updatesOf({ scale: f64([5]) })]) as [Step];
      expect(step.coefficient).toBeUndefined();
      expect(valuesOf(step.updates, "scale")).toEqual([5]);
    });
  });

  it("refuses κ = 0 and a period of 0", () => {
    expect(() => klClip(0)).toThrow("klClip: limit is out of range (expected a number > 0, got 0).");
    expect(() => klClip(1, { every: 0 })).toThrow(
      "klClip: every is out of range (expected a whole number ≥ 1, got 0).",
    );
  });
});
