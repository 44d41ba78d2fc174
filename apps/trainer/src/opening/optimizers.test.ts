import { describe, expect, it } from "vitest";
import { openOptimizer } from "./optimizers.ts";

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
