import { denseGradient, type LayerRecord, layerRecord } from "@kronograd/autograd";
import { NumericalError, normal, Rng, scale, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { layerBlock } from "../../testing/index.ts";
import { type CurvatureMethod, defineCurvature } from "../curvature-method.ts";
import { Optimizer } from "../optimizer.ts";
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

  it("squares the factor from try to try: 10, 10², 10⁴, … 10¹²⁸", () => {
    const { asked, refresh } = failingBelow(1e100);
    expect(refreshWithDamping("fc1", 1, refresh).damping).toBe(1e128);
    expect(asked).toEqual([1, 1e1, 1e2, 1e4, 1e8, 1e16, 1e32, 1e64, 1e128]);
  });

  it("throws NumericalError that names the layer after eight tries", () => {
    const { asked, refresh } = failingBelow(Number.POSITIVE_INFINITY);
    expect(() => refreshWithDamping("fc1", 1, refresh)).toThrow(NumericalError);
    expect(asked).toHaveLength(9);
    expect(() => refreshWithDamping("fc1", 1, refresh)).toThrow("fc1: cholesky: pivot 0 is 0. Raise damping.");
  });

  it("does not raise λ = 0, nor on errors of another kind", () => {
    const { asked, refresh } = failingBelow(1);
    expect(() => refreshWithDamping("fc1", 0, refresh)).toThrow(NumericalError);
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

  it("raises the damping of that refresh alone, says so, and recovers with the next", () => {
    const chain = precondition(fragile([1, 2]), { damping: 0.05 });
    using optimizer = new Optimizer({ name: "test", learningRate: 1, chain });
    const gradient = denseGradient(block, random(3, [2, 4]));
    const seen = [0, 1, 2, 3].map((step) => {
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
    expect(seen).toEqual([
      ["0.0500", { damping: 0.05 }],
      ["5.00", { damping: 0.05, dampingRaised: 5 }],
      ["5.00", { damping: 0.05, dampingRaised: 5 }],
      ["0.0500", { damping: 0.05 }],
    ]);
  });
});
