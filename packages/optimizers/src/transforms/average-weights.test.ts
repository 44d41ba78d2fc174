import { copy, type Tensor } from "@kronograd/tensor";
import "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import { chain } from "../chain.ts";
import { Optimizer } from "../optimizer.ts";
import { updatesOf } from "../transform.ts";
import { averageWeights } from "./average-weights.ts";
import { momentum } from "./momentum.ts";

/** Weights 8, 7, 6, … by gradients of 1 and a rate of 1; the averages after each step. */
function averages(options: Parameters<typeof averageWeights>[0], steps: number): number[] {
  const parameters = { w: f64([8]) };
  const links = chain(momentum({ decay: 0 }), averageWeights(options));
  const optimizer = new Optimizer({ name: "test", learningRate: 1, chain: links });
  return Array.from({ length: steps }, (_, step) => {
    optimizer.apply(parameters, optimizer.update(updatesOf({ w: f64([1]) }), { parameters, step }), step);
    return (optimizer.evaluationWeights(parameters).w as Tensor).itemSync();
  });
}

describe("averageWeights", () => {
  it("averages the weights exponentially, those of now included", () => {
    const first = 0.5 * 8 + 0.5 * 7;
    const second = 0.5 * first + 0.5 * 6;
    expect(averages({ decay: 0.5 }, 2)).toEqual([first, second]);
  });

  it("takes the mean of all, from a step on", () => {
    expect(averages({ decay: null }, 3)).toEqual([7.5, 7, 6.5]);
    expect(averages({ decay: null, from: 2 }, 4)).toEqual([7, 6, 5.5, 5]);
  });

  it("leaves training and its weights alone", () => {
    const parameters = { w: f64([8]) };
    const optimizer = new Optimizer({ name: "test", learningRate: 1, chain: averageWeights({ decay: 0.5 }) });
    expect(optimizer.evaluationWeights(parameters)).toBe(parameters);
    optimizer.apply(parameters, optimizer.update(updatesOf({ w: f64([1]) }), { parameters, step: 0 }), 0);
    optimizer.evaluationWeights(parameters);
    expect(copy(parameters.w)).toBeAllclose([7]);
  });

  it("throws UsageError for an option out of range", () => {
    expect(() => averageWeights({ decay: 1 })).toThrow("averageWeights: decay is out of range");
  });
});
