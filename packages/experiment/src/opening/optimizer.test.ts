import { catalog, type Optimizer, updatesOf } from "@kronograd/optimizers";
import { mul, Rng, scope, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { openOptimizer, optimizerByName } from "./optimizer.ts";

const refusal = (message: RegExp) =>
  expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) });
const rates = async (
  options: Record<string, unknown>,
  schedule: "linear" | "cosine" | "constant",
  steps: number | undefined = 100,
) => {
  const optimizer = (await openOptimizer("sgd", options, { steps, schedule }))();
  return [0, 50, 100].map((step) => optimizer.learningRateAt(step));
};

describe("openOptimizer", () => {
  it("lets a plain learning rate fall to 0 over the run", async () => {
    expect(await rates({ learningRate: 0.4 }, "linear")).toEqual([0.4, 0.2, 0]);
    expect((await rates({ learningRate: "0.4" }, "cosine")).map((rate) => Number(rate.toFixed(12)))).toEqual([
      0.4, 0.2, 0,
    ]);
    expect(await rates({ learningRate: 0.4 }, "constant")).toEqual([0.4, 0.4, 0.4]);
  });

  it("lets the default rate fall too", async () => {
    expect(await rates({}, "linear")).toEqual([0.01, 0.005, 0]);
  });

  it("leaves a schedule as it is, and fills in the steps of the run", async () => {
    expect(await rates({ learningRate: "linear(1, 0.5)" }, "cosine")).toEqual([1, 0.75, 0.5]);
  });

  it("keeps a rate constant where the steps are not known", async () => {
    expect(
      (await openOptimizer("sgd", { learningRate: 0.4 }, { steps: undefined, schedule: "constant" }))().learningRateAt(
        9,
      ),
    ).toBe(0.4);
  });

  it("throws UsageError before anything runs", async () => {
    await expect(openOptimizer("kfac", { damping: -1 }, { steps: 1, schedule: "linear" })).rejects.toThrow(
      refusal(/damping/),
    );
    await expect(openOptimizer("kfac", { dampng: 1 }, { steps: 1, schedule: "linear" })).rejects.toThrow(
      refusal(/Did you mean "damping"/),
    );
  });
});

describe.each(Object.keys(catalog))("optimizerByName, %s", (name) => {
  it("makes the same optimizer again of its config, which is JSON", () => {
    const given = { learningRate: "cosine(0.1, 50)", groups: [{ match: /^b$/, weightDecay: 0.5 }] };
    using optimizer = optimizerByName(name, given);
    const config = JSON.parse(JSON.stringify(optimizer.config)) as Record<string, unknown>;
    expect(config).toMatchObject({ learningRate: "cosine(0.1, 50, 0)", groups: [{ match: "^b$", weightDecay: 0.5 }] });
    using again = optimizerByName(name, config);
    expect(again.config).toEqual(optimizer.config);
    expect(stepsOf(again)).toEqual(stepsOf(optimizer));
  });
});

describe("optimizerByName", () => {
  it("reads adaptive damping, which is written down as it is read", () => {
    for (const damping of ["adaptive", "adaptive(0.5)", "adaptive(0.5, 7)"]) {
      using optimizer = optimizerByName("skfac", { damping });
      const written = optimizer.config.damping;
      expect(written).toBe(damping === "adaptive" ? "adaptive(0.03)" : damping);
      using again = optimizerByName("skfac", optimizer.config);
      expect(again.config).toEqual(optimizer.config);
    }
    expect(() => optimizerByName("kfac", { damping: "adaptive(-1)" })).toThrow(/from is out of range/);
    expect(() => optimizerByName("kfac", { damping: "adaptiv" })).toThrow(/cannot be read/);
  });
});

/** Weights after three steps on a quadratic bowl. */
function stepsOf(optimizer: Optimizer): number[] {
  return scope(() => {
    const weights = { a: tensor([[3, -2], [1, 4]]), b: tensor([-5, 0.5, 2]) }; // biome-ignore format: weights
    for (let step = 0; step < 3; step++) {
      const context = { parameters: weights, step, rng: new Rng(step) };
      optimizer.apply(
        weights,
        optimizer.update(updatesOf({ a: mul(weights.a, 0.5), b: mul(weights.b, 2) }), context),
        step,
      );
    }
    return [...weights.a.dataSync(), ...weights.b.dataSync()];
  });
}
