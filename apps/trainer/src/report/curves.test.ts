import { describe, expect, it } from "vitest";
import { curveOf, evaluated, trailingMean, trainingLoss } from "./curves.ts";
import { makeRival } from "./testing/make-race.ts";

describe("trailingMean", () => {
  it("averages each value with those before it", () => {
    const samples = [4, 2, 6, 8].map((value, step) => ({ step, examples: 0, seconds: 0, value }));
    expect(trailingMean(samples, 2).map(({ value }) => value)).toEqual([4, 3, 4, 7]);
    expect(trailingMean(samples, 1)).toEqual(samples);
  });
});

describe("curveOf", () => {
  const seeds = (losses: readonly ((step: number) => number)[], more: readonly object[] = []) =>
    makeRival(
      "sgd",
      losses.map((loss, i) => ({ seed: i, steps: 4, evaluateEvery: 2, loss, msPerStep: 1 + i, ...more[i] })),
    );

  it("gives median and range over the seeds at each step, and the median of their seconds", () => {
    const { points } = curveOf(
      seeds([() => 5, () => 1, (step) => step]),
      (run) => evaluated(run, "loss"),
      Number.POSITIVE_INFINITY,
    );
    expect(points).toEqual([
      { step: 0, examples: 0, seconds: 0, value: 1, low: 0, high: 5 },
      { step: 2, examples: 20, seconds: 0.004, value: 2, low: 1, high: 5 },
      { step: 4, examples: 40, seconds: 0.008, value: 4, low: 1, high: 5 },
    ]);
  });

  it("counts a diverged seed as the worst from its end on, and keeps its own line", () => {
    const rival = seeds([() => 1, () => 2, () => 3], [{ divergesAt: 2 }]);
    const loss = curveOf(rival, trainingLoss, Number.POSITIVE_INFINITY);
    // Up to step 2 the median of 1, 2, 3; then of 2, 3 and the worst. The band has those that did not diverge.
    expect(loss.points.map(({ step, value, low, high }) => [step, value, low, high])).toEqual([
      [1, 2, 2, 3],
      [2, 2, 2, 3],
      [3, 3, 2, 3],
      [4, 3, 2, 3],
    ]);
    expect(loss.strays.map(({ run, samples }) => [run.seed, samples.map(({ step }) => step)])).toEqual([[0, [1, 2]]]);
    const accuracy = curveOf(rival, trainingLoss, Number.NEGATIVE_INFINITY);
    expect(accuracy.points.map(({ value }) => value)).toEqual([2, 2, 2, 2]);
  });

  it("does not let time run back where a slow seed drops out", () => {
    const { points } = curveOf(seeds([() => 1, () => 2], [{}, { divergesAt: 3, msPerStep: 90 }]), trainingLoss, 0);
    expect(points.map(({ seconds }) => seconds)).toEqual([0.0455, 0.091, 0.1365, 0.1365]); // not 0.004 at step 4
  });

  it("ends where half of the seeds or more have diverged", () => {
    const { points } = curveOf(seeds([() => 1, () => 2], [{ divergesAt: 2 }]), trainingLoss, Number.POSITIVE_INFINITY);
    expect(points.map(({ step }) => step)).toEqual([1, 2]);
  });

  it("leaves a gap where a value is not finite", () => {
    const { points } = curveOf(
      seeds([(step) => (step === 1 ? Number.NaN : 1)]),
      trainingLoss,
      Number.POSITIVE_INFINITY,
    );
    expect(points.map(({ step }) => step)).toEqual([1, 3, 4]);
  });
});
