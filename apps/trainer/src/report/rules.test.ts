import { describe, expect, it } from "vitest";
import { raceRules } from "./rules.ts";
import type { Fields } from "./run-data.ts";
import { makeRival, type RunPlan } from "./testing/make-race.ts";

const tuning = { sgd: { points: 12 }, kfac: { points: 12 } };

/** The states of the rules for a race of three seeds in which K-FAC's seed 1 differs by `change`. */
function states(change: RunPlan = {}, race: Fields | null = { tuning }, seeds = 3) {
  const plans = (own: RunPlan) => Array.from({ length: seeds }, (_, seed) => ({ seed, ...(seed === 1 ? own : {}) }));
  const data = {
    kind: "race" as const,
    race,
    rivals: [makeRival("sgd", plans({}), 0), makeRival("kfac", plans(change), 1)],
  };
  return raceRules(data).map(({ state }) => state);
}
const [start, batches, evaluations, length, budget, seeds, seconds, device] = [0, 1, 2, 3, 4, 5, 6, 7];

describe("raceRules", () => {
  it("are all met by a fair race", () => {
    expect(states()).toEqual(Array(9).fill("met"));
  });

  it("see other weights, by their hash or by the loss at step 0", () => {
    expect(states({ config: { initialWeights: "other" } })[start]).toBe("not met");
    expect(states({ loss: (step) => 2.4 / (1 + step) })[start]).toBe("not met");
  });

  it("see other data, batch sizes and orders, and another first batch", () => {
    expect(states({ config: { dataFingerprint: "other" } })[batches]).toBe("not met");
    expect(states({ config: { batch: 64 } })[batches]).toBe("not met");
    expect(states({ config: { batchOrder: "other" } })[batches]).toBe("not met");
    expect(states({ loss: (step) => (step === 0 ? 2 : 1) })[batches]).toBe("not met");
  });

  it("see other evaluation points and other lengths, but forgive them to a run that diverged", () => {
    expect(states({ evaluateEvery: 30 })[evaluations]).toBe("not met");
    expect(states({ steps: 80 })[length]).toBe("not met");
    const lost = states({ divergesAt: 50 });
    expect([lost[evaluations], lost[length]]).toEqual(["met", "met"]);
  });

  it("compare the numbers of grid points, and say where they are not recorded", () => {
    expect(states({}, { tuning: { ...tuning, sgd: { points: 3 } } })[budget]).toBe("not met");
    expect(states({}, { tuning: { sgd: { points: 12 } } })[budget]).toBe("not recorded");
    expect(states({}, null)[budget]).toBe("not recorded");
  });

  it("want three seeds", () => {
    expect(states({}, null, 2)[seeds]).toBe("not met");
    expect(states({}, null, 1)[seeds]).toBe("not met");
  });

  it("see seconds that are not the sum of the phases, and another device", () => {
    const data = { kind: "race" as const, race: null, rivals: [makeRival("sgd", [{}]), makeRival("adam", [{}], 1)] };
    const [run] = data.rivals[1]?.runs ?? [];
    if (run === undefined || run.end === null || run.plan === null) throw new Error("no run");
    const judged = (changed: typeof run) =>
      raceRules({ ...data, rivals: [data.rivals[0] as never, { ...data.rivals[1], runs: [changed] } as never] });
    expect(judged({ ...run, end: { ...run.end, seconds: run.end.seconds * 1.1 } })[seconds]?.state).toBe("not met");
    expect(judged({ ...run, phases: [] })[seconds]?.state).toBe("not met");
    expect(judged({ ...run, end: null })[seconds]?.state).toBe("not recorded");
    expect(judged({ ...run, plan: { ...run.plan, device: "wasm" } })[device]?.state).toBe("not met");
  });
});
