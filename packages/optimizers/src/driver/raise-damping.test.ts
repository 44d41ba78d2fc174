import { denseGradient, type LayerRecord, layerRecord } from "@kronograd/autograd";
import { NumericalError, normal, Rng, scale, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { layerBlock } from "../../testing/index.ts";
import { type CurvatureMethod, defineCurvature } from "../curvature-method.ts";
import { Optimizer } from "../optimizer.ts";
import type { Transform } from "../transform.ts";
import { precondition } from "./precondition.ts";
import { refreshWithDamping } from "./raise-damping.ts";

/** Refresh that fails below a damping, and notes what it was asked with. */
function failingBelow(least: number) {
  const asked: number[] = [];
  const refresh = (damping: number) => {
    asked.push(damping);
    if (damping < least)
      throw new NumericalError({ where: "cholesky", problem: "pivot 0 is 0", help: "Raise damping." });
    return damping;
  };
  return { asked, refresh };
}

describe("refreshWithDamping", () => {
  it("does not raise what does", () => {
    const { asked, refresh } = failingBelow(0);
    expect(refreshWithDamping("fc1", 0.5, refresh)).toEqual({ state: 0.5, damping: 0.5 });
    expect(asked).toEqual([0.5]);
  });

  it("tries 10, 10², 10⁴, 10⁸ times λ, and no more", () => {
    const { asked, refresh } = failingBelow(Number.POSITIVE_INFINITY);
    expect(refreshWithDamping("fc1", 1, refresh)).toBeNull();
    expect(asked).toEqual([1, 1e1, 1e2, 1e4, 1e8]);
  });

  it("takes less than ten times the damping that is needed: the exponent is bisected after a success", () => {
    for (const least of [2, 30, 3e2, 5e3, 2e4, 3e6, 9e7]) {
      const { asked, refresh } = failingBelow(least);
      const made = refreshWithDamping("fc1", 1, refresh);
      expect(made?.damping).toBeGreaterThanOrEqual(least);
      expect(made?.damping).toBeLessThan(10 * least);
      expect(made?.state).toBe(made?.damping);
      expect(asked.length).toBeLessThanOrEqual(7);
    }
  });

  it("does not raise λ = 0, nor on errors of another kind", () => {
    const { asked, refresh } = failingBelow(1);
    expect(() => refreshWithDamping("fc1", 0, refresh)).toThrow(NumericalError);
    expect(() => refreshWithDamping("fc1", 0, refresh)).toThrow("fc1: cholesky: pivot 0 is 0. Raise damping.");
    expect(asked.splice(1)).toEqual([0]);
    expect(asked).toEqual([0]);
    const broken = () => {
      throw new UsageError({ where: "x", problem: "y" });
    };
    expect(() => refreshWithDamping("fc1", 1, broken)).toThrow(UsageError);
  });
});

describe("a failed Cholesky in precondition", () => {
  const block = layerBlock("layer", 2, 3);
  const random = (seed: number, shape: readonly number[]) => normal(new Rng(seed), shape, { dtype: "float64" });
  const record: LayerRecord = layerRecord({
    name: "layer",
    geometry: { kind: "dense" },
    hasBias: true,
    labels: "empirical",
    uses: [{ input: random(1, [4, 3]), outputGrads: [random(2, [4, 2])] }],
  });
  /** Divides by the damping of its last refresh, which fails below 1 on the steps that are named. */
  const fragile = (bad: readonly number[]): CurvatureMethod<{ damping: number }> =>
    defineCurvature({
      name: "fragile",
      source: "a test",
      needs: { inputs: true, outputGrads: "empirical" },
      claims: [],
      init: () => ({ damping: 0 }),
      statistics: { observe: () => ({}), join: (state) => state },
      refresh(_, { damping, step }) {
        if (bad.includes(step) && damping < 1) throw new NumericalError({ where: "cholesky", problem: "pivot 0 is 0" });
        return { damping };
      },
      precondition: ({ damping }, gradient) => scale(gradient.dense(), 1 / damping),
    });

  /** Step by step, what gradients were divided by, and the numbers reported. */
  function run(chain: Transform, steps: number): [string, Record<string, unknown>][] {
    using optimizer = new Optimizer({ name: "test", learningRate: 1, chain });
    const gradient = denseGradient(block, random(3, [2, 4]));
    return Array.from({ length: steps }, (_, step) => {
      const reported: Record<string, unknown> = {};
      const updates = optimizer.update(new Map([["layer", gradient]]), {
        parameters: {},
        step,
        records: new Map([["layer", record]]),
        report: (name, value) => {
          reported[name] = value;
        },
      });
      const used = gradient.dense().dataSync()[0]! / updates.get("layer")!.dense().dataSync()[0]!;
      return [used.toPrecision(3), reported];
    });
  }

  it("keeps the plain gradient and counts the block where no damping does, until there are new statistics", () => {
    const hopeless = { ...fragile([]), refresh: (_: unknown, { damping, step }: { damping: number; step: number }) => {
      if (step < 2) throw new NumericalError({ where: "cholesky", problem: "pivot 0 is 0" });
      return { damping };
    } }; // biome-ignore format: one method
    expect(run(precondition(hopeless, { damping: 0.05, statisticsEvery: 2 }), 3)).toEqual([
      ["1.00", { damping: 0.05, failedRefreshes: 1 }],
      ["1.00", { damping: 0.05 }],
      ["0.0500", { damping: 0.05 }],
    ]);
  });

  it("raises the damping of that refresh alone, says so, and recovers with the next", () => {
    const seen = run(precondition(fragile([1, 2]), { damping: 0.05 }), 4);
    expect(seen).toEqual([
      ["0.0500", { damping: 0.05 }],
      ["5.00", { damping: 0.05, dampingRaised: 5 }],
      ["5.00", { damping: 0.05, dampingRaised: 5 }],
      ["0.0500", { damping: 0.05 }],
    ]);
  });
});
