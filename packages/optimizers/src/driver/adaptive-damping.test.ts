import { ggnvp, type Parameters, valueAndGrad } from "@kronograd/autograd";
import { denseLayer, meanSquaredError, randomWeights, type Weights } from "@kronograd/suites/exact";
import { copy, matmul, mul, normal, Rng, scale, type Tensor, tensor, weightedSum } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { kfac } from "../catalog/kfac.ts";
import { skfac } from "../catalog/skfac.ts";
import { Optimizer } from "../optimizer.ts";
import type { Oracles } from "../oracles.ts";
import { loadState } from "../state/optimizer-state.ts";
import { mapTensors } from "../state/state.ts";
import { mapParts, type Transform } from "../transform.ts";
import { type Adaptive, adaptive } from "./adaptive.ts";
import { adaptiveDamping } from "./adaptive-damping.ts";

const random = (seed: number, shape: readonly number[]): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const bare = { klClip: null, momentum: 0, refreshEvery: 1 } as const;

/** Linear regression on inputs whose features have scales from 1 down to `smallest`. */
function regression(smallest: number) {
  const scales = [1, Math.sqrt(smallest), smallest];
  const x = mul(random(1, [40, 3]), tensor([scales], { dtype: "float64" }));
  const y = matmul(mul(x, tensor([scales.map((s) => 1 / s)], { dtype: "float64" })), random(2, [3, 2]));
  const weights = randomWeights({ "fc.weight": [2, 3], "fc.bias": [2] });
  return { x, y, weights };
}
type Problem = ReturnType<typeof regression>;

function oraclesOf({ x, y, weights }: Problem, change = (loss: Tensor) => loss): Required<Oracles> {
  const value = (w: Weights) => change(meanSquaredError().value(denseLayer("fc", x, w), y));
  return {
    linearized: () => ({
      jvp: () => [],
      vjp: () => [],
      hvp: () => [],
      ggnvp: (vectors) =>
        vectors.map((v) =>
          ggnvp(
            () => denseLayer("fc", x, weights),
            (out) => meanSquaredError().value(out, y),
            weights,
            v as Weights,
          ),
        ),
    }),
    trial: (direction, length) => {
      const moved = Object.entries(direction as Parameters).map(([name, d]) => {
        return [name, weightedSum((weights as Parameters)[name] as Tensor, d, 1, -length)] as const;
      });
      return value({ ...weights, ...Object.fromEntries(moved) });
    },
  };
}

/** One step; the loss before it, and what it reported. */
function take(problem: Problem, optimizer: Optimizer, step: number, oracles: Oracles = oraclesOf(problem)) {
  const { x, y, weights } = problem;
  const objective = { outputs: () => denseLayer("fc", x, weights), loss: meanSquaredError(), targets: y };
  const { value, gradients, records } = valueAndGrad(objective, weights, { capture: optimizer.needs(step) });
  const reported: Record<string, number> = {};
  const report = (name: string, number: number | Tensor) => {
    reported[name] = typeof number === "number" ? number : number.itemSync();
  };
  optimizer.apply(weights, optimizer.update(gradients, { parameters: weights, records, oracles, step, report }), step);
  return { loss: value.itemSync(), reported };
}

describe("the reduction ratio", () => {
  const makers = { kfac, skfac: (options: object) => skfac({ rank: null, ...options }) };
  it.each(Object.entries(makers))("is 1 for a quadratic loss, whatever the step: %s", (_, make) => {
    const problem = regression(0.1);
    using optimizer = make({ ...bare, damping: adaptive(), learningRate: 0.3 });
    const seen = Array.from({ length: 15 }, (_, step) => take(problem, optimizer, step).reported);
    expect(seen.flatMap(({ reductionRatio }, step) => (reductionRatio === undefined ? [] : [step]))).toEqual([
      4, 9, 14,
    ]);
    for (const step of [4, 9, 14]) expect(seen[step]?.reductionRatio).toBeCloseTo(1, 9);
    const ω = 0.95 ** 5;
    expect(seen.map(({ damping }) => damping)).toBeAllclose(
      Array.from({ length: 15 }, (_, step) => 0.03 * ω ** Math.floor(step / 5)),
    );
  });

  const ratioWith = (factor: number) => {
    const problem = regression(0.1);
    using optimizer = kfac({ ...bare, damping: adaptive({ from: 2 }), learningRate: 0.3 });
    const oracles = oraclesOf(problem, (loss) => scale(loss, factor));
    return Array.from({ length: 6 }, (_, step) => take(problem, optimizer, step, oracles).reported);
  };

  it("leaves damping as it is between ¼ and ¾, and raises it below ¼", () => {
    const [kept, raised, uphill] = [ratioWith(0.5), ratioWith(0.2), ratioWith(-1)];
    expect([kept, raised, uphill].map((seen) => seen[4]?.reductionRatio?.toFixed(6))).toEqual([
      "0.500000",
      "0.200000",
      "-1.000000",
    ]);
    expect([kept, raised, uphill].map((seen) => seen[5]?.damping)).toEqual([2, 2 * 0.95 ** -5, 2 * 0.95 ** -5]);
  });

  it("is −∞ where the model expects no decrease or the loss is no number: damping rises", () => {
    expect(ratioWith(Number.NaN)[4]?.reductionRatio).toBe(Number.NEGATIVE_INFINITY);
    const uphill: Transform = {
      name: "uphill",
      init: () => null,
      update: (updates, state) => ({ updates: mapParts(updates, (part) => scale(part, -1)), state }),
    };
    using optimizer = new Optimizer({ name: "test", learningRate: 0.1, chain: adaptiveDamping(uphill, { every: 1 }) });
    const { reported } = take(regression(0.1), optimizer, 0);
    expect(reported.reductionRatio).toBe(Number.NEGATIVE_INFINITY);
    expect(optimizer.state).toEqual({ damping: 0.03 * 0.95 ** -1, inner: null });
  });

  it("is not measured for a zero step", () => {
    const problem = regression(0.1);
    using optimizer = kfac({ ...bare, damping: adaptive(), learningRate: 0 });
    const seen = Array.from({ length: 6 }, (_, step) => take(problem, optimizer, step).reported);
    expect([seen[4], seen[5]?.damping]).toEqual([{ damping: 0.03 }, 0.03]);
  });

  it("takes the rates of groups into account", () => {
    const problem = regression(0.1);
    const groups = [{ match: "bias", learningRateFactor: 0.25 }];
    using optimizer = kfac({ ...bare, damping: adaptive(), learningRate: 0.3, groups });
    const seen = Array.from({ length: 5 }, (_, step) => take(problem, optimizer, step).reported);
    expect(seen[4]?.reductionRatio).toBeCloseTo(1, 9);
  });
});

describe("adaptive damping", () => {
  it("reaches the bottom of an ill-conditioned regression where the same λ, fixed, does not", () => {
    const after = (damping: number | Adaptive) => {
      const problem = regression(0.1);
      using optimizer = kfac({ ...bare, labels: "exact", damping, learningRate: 1 });
      const losses = Array.from({ length: 200 }, (_, step) => take(problem, optimizer, step).loss);
      return (losses.at(-1) as number) / (losses[0] as number);
    };
    const [adapted, fixed] = [after(adaptive({ from: 1 })), after(1)];
    expect(adapted).toBeLessThan(1e-6);
    expect(fixed).toBeGreaterThan(1e-2);
  });

  it("asks for its oracles only on the steps that measure", () => {
    const optimizer = kfac({ damping: adaptive() });
    expect([3, 4, 5, 9].map((step) => optimizer.needs(step).oracles)).toEqual([
      undefined,
      ["linearized", "trial"],
      undefined,
      ["linearized", "trial"],
    ]);
  });

  it("keeps λ and the chain's state in the tree: resuming continues bit for bit", () => {
    const [through, resumed] = [regression(0.1), regression(0.1)];
    const make = () => kfac({ damping: adaptive(), learningRate: 0.1 });
    using one = make();
    using first = make();
    using second = make();
    for (let step = 0; step < 12; step++) {
      take(through, one, step);
      if (step === 7) loadState(second, mapTensors(first.state, copy));
      take(resumed, step < 7 ? first : second, step);
    }
    const values = ({ weights }: Problem) => Object.values(weights as Parameters).map((t) => [...t.dataSync()]);
    expect(values(resumed)).toEqual(values(through));
  });

  it("never goes below its least λ", () => {
    const problem = regression(0.1);
    const halve: Transform = { name: "halve", init: () => null, update: (updates, state) => ({ updates, state }) };
    const chain = adaptiveDamping(halve, { from: 0.02, every: 1, least: 0.019 });
    using optimizer = new Optimizer({ name: "test", learningRate: 1e-3, chain });
    for (let step = 0; step < 3; step++) take(problem, optimizer, step);
    expect((optimizer.state as { damping: number }).damping).toBe(0.019);
  });

  it("throws UsageError where a step brings no oracles", () => {
    const problem = regression(0.1);
    using optimizer = kfac({ damping: adaptive() });
    for (let step = 0; step < 4; step++) take(problem, optimizer, step, {});
    expect(() => take(problem, optimizer, 4, {})).toThrow('adaptiveDamping: the step brings no oracle "trial"');
  });
});

describe("adaptive", () => {
  it("is a value of damping, and is written down with what is not usual", () => {
    using optimizer = skfac({ damping: adaptive({ from: 0.5 }) });
    expect(optimizer.config).toMatchObject({ damping: "adaptive(0.5)" });
    expect(String(adaptive())).toBe("adaptive(0.03)");
    expect(String(adaptive({ every: 7 }))).toBe("adaptive(0.03, 7)");
    expect(String(adaptive({ least: 0.5 }))).toBe("adaptive(0.03, 5, 0.5)");
  });

  it("throws UsageError for what is out of range, and optimizers do for text: it belongs to the command line", () => {
    expect(() => adaptive({ from: -1 })).toThrow("adaptive: from is out of range");
    expect(() => kfac({ damping: "adaptive" as never })).toThrow(/damping is out of range .*or adaptive damping/);
  });
});
