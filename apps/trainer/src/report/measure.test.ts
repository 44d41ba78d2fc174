import { describe, expect, it } from "vitest";
import { measureOf, msPerStep, stepAtShare, targetsOf, timeTo, totalSteps, valueAt } from "./measure.ts";
import { makeRival } from "./testing/make-race.ts";

const ramp = (end: number) => (step: number) => 0.1 + ((end - 0.1) * step) / 100;
const rival = makeRival("adam", [
  { seed: 0, accuracy: ramp(0.9), msPerStep: 2 },
  { seed: 1, accuracy: ramp(0.8), msPerStep: 3 },
  { seed: 2, accuracy: ramp(0.7), msPerStep: 4 },
]);
const data = { kind: "race", race: null, rivals: [rival] } as const;
const measure = measureOf(data);

describe("measureOf", () => {
  it("is accuracy where there is one, and else the loss", () => {
    expect(measure.key).toBe("accuracy");
    const [run] = rival.runs;
    if (run === undefined) throw new Error("no run");
    const regression = { ...run, evals: run.evals.map((event) => ({ ...event, metrics: {} })) };
    expect(measureOf({ rivals: [{ ...rival, runs: [regression] }] }).key).toBe("loss");
  });
});

describe("timeTo", () => {
  it("is the first evaluation at the target, over the seeds; a seed that never is counts as infinite", () => {
    // Evaluations at 0, 20, … 100 see 0.9-run at 0.74 and 0.9, 0.8-run at 0.66 and 0.8.
    expect(timeTo(rival, measure, 0.7).steps).toEqual({ median: 100, low: 80, high: 100, seeds: 3 });
    const { steps, seconds } = timeTo(rival, measure, 0.75);
    expect(steps).toEqual({ median: 100, low: 100, high: Number.POSITIVE_INFINITY, seeds: 3 });
    expect(seconds.median).toBeCloseTo(0.3, 12);
  });
});

describe("targetsOf", () => {
  it("gives the hardest round levels that all, half and any of the rivals reached in the median", () => {
    const rivals = [0.85, 0.923, 0.951, 0.978].map((end, i) => makeRival(`r${i}`, [{ accuracy: ramp(end) }]));
    expect(targetsOf({ ...data, rivals }, measure)).toEqual({
      levels: [0.85, 0.95, 0.97],
      telling: 0.95,
      hardest: 0.97,
    });
  });

  it("takes the target that was set, where somebody reached it", () => {
    const rivals = [0.85, 0.951, 0.978].map((end, i) => makeRival(`r${i}`, [{ accuracy: ramp(end) }]));
    const of = (target: number) => targetsOf({ ...data, rivals, race: { target } }, measure);
    expect(of(0.92)).toEqual({ levels: [0.85, 0.92, 0.97], telling: 0.92, hardest: 0.97 });
    expect(of(0.99).telling).toBe(0.95); // nobody did: half of the rivals got to 95 %
    expect(of(0.1).telling).toBe(0.95); // everybody was there from the start
  });

  it("gives none where nobody rose above the start", () => {
    const rivals = [makeRival("r", [{ accuracy: () => 0.1 }])];
    expect(targetsOf({ ...data, rivals }, measure)).toEqual({ levels: [], telling: null, hardest: null });
  });

  it("steps down by 1, 2, 5 for a loss", () => {
    const { evals: _, ...rest } = rival.runs[0] as (typeof rival.runs)[number];
    const evals = [2.3, 0.9, 0.031].map(
      (loss, i) => ({ type: "eval", split: "test", step: 50 * i, examples: 0, seconds: i, loss, metrics: {} }) as const,
    );
    const regression = { ...data, rivals: [{ ...rival, runs: [{ ...rest, evals }] }] };
    expect(targetsOf(regression, measureOf(regression)).hardest).toBe(0.05);
  });
});

describe("valueAt", () => {
  it("is the last evaluation up to a step, and the worst for a run that diverged by then", () => {
    const [run] = makeRival("sgd", [{ divergesAt: 50, accuracy: ramp(0.6) }]).runs;
    if (run === undefined) throw new Error("no run");
    expect(valueAt(run, measure, 45)).toBeCloseTo(0.3, 12);
    expect(valueAt(run, measure, 100)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe("msPerStep, totalSteps, stepAtShare", () => {
  it("leave out the first step, count the most steps, take the nearest evaluation, and order the seeds", () => {
    expect(rival.runs.map(msPerStep).map((ms) => Math.round(ms * 1e6) / 1e6)).toEqual([2, 3, 4]);
    expect(totalSteps(data)).toBe(100);
    expect([0.25, 0.5, 1].map((share) => stepAtShare(data, share))).toEqual([20, 40, 100]);
    expect(stepAtShare(data, 0.01)).toBe(20); // step 0 says nothing about a rival
  });
});
