import { describe, expect, it } from "vitest";
import { earlyStopping, freshStopping, isBetter, stoppingAfter } from "./early-stopping.ts";

const waits = (values: readonly number[], better: "higher" | "lower", minDelta = 0) => {
  let state = freshStopping;
  return values.map((value) => {
    state = stoppingAfter(state, value, better, minDelta);
    return state.waited;
  });
};

describe("stoppingAfter", () => {
  it("counts evaluations since the best, in the direction of the metric", () => {
    expect(waits([5, 4, 4, 6, 3], "lower")).toEqual([0, 0, 1, 2, 0]);
    expect(waits([0.1, 0.3, 0.2, 0.3, 0.4], "higher")).toEqual([0, 0, 1, 2, 0]);
  });

  it("asks for more than minDelta, against the last best", () => {
    expect(waits([1, 0.95, 0.91, 0.89], "lower", 0.1)).toEqual([0, 1, 2, 0]);
  });

  it("takes nothing that is not finite for better", () => {
    expect(waits([Number.NaN, Number.NEGATIVE_INFINITY, 2, Number.NaN], "lower")).toEqual([1, 2, 0, 1]);
    expect(isBetter(Number.POSITIVE_INFINITY, 1, "higher")).toBe(false);
  });
});

describe("earlyStopping", () => {
  it("waits for the loss for five evaluations unless told", () => {
    expect(earlyStopping()).toEqual({ metric: "loss", patience: 5, minDelta: 0 });
  });

  it("refuses settings out of range", () => {
    for (const wrong of [{ patience: 0 }, { patience: 1.5 }, { minDelta: -1 }, { minDelta: Number.NaN }]) {
      expect(() => earlyStopping(wrong)).toThrow(expect.objectContaining({ name: "UsageError" }));
    }
  });
});
