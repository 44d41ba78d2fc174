import { textOf } from "@kronograd/figures/testing";
import { describe, expect, it } from "vitest";
import { resultNote, resultSentences } from "./sentences.ts";
import { makeRival, type RunPlan } from "./testing/make-race.ts";

/** Accuracy jumps to `end` at a step. */
const jump = (at: number, end: number) => (step: number) => (step >= at ? end : 0.1);
const race = (plans: Readonly<Record<string, readonly RunPlan[]>>) => ({
  kind: "race" as const,
  race: null,
  rivals: Object.entries(plans).map(([name, runs], index) => makeRival(name, runs, index)),
});

describe("resultSentences", () => {
  it("says who reached the level, in steps and seconds, and who did not", () => {
    const data = race({
      adam: [{ accuracy: jump(40, 0.93), msPerStep: 1 }],
      skfac: [{ accuracy: jump(40, 0.976), msPerStep: 4 }],
    });
    expect(resultSentences(data).map(textOf)).toEqual([
      "SKFAC reached 97 % test accuracy in 40 steps / 0.160 s; Adam did not reach it in 100 steps.",
    ]);
  });

  it("says it when seconds tell another story than steps", () => {
    const data = race({
      sgd: [{ accuracy: jump(60, 0.976), msPerStep: 1 }],
      kfac: [{ accuracy: jump(40, 0.976), msPerStep: 4 }],
    });
    expect(resultSentences(data).map(textOf)).toEqual([
      "K-FAC reached 97 % test accuracy in 40 steps / 0.160 s and SGD in 60 / 0.0600 s.",
      "In seconds of training SGD was there first: 0.0600 s against 0.160 s of K-FAC.",
    ]);
  });

  it("tells the hardest level too where only some of those got there", () => {
    const data = race({
      sgd: [{ accuracy: jump(60, 0.9) }],
      adam: [{ accuracy: jump(60, 0.92) }],
      kfac: [{ accuracy: jump(40, 0.97) }],
      skfac: [{ accuracy: jump(20, 0.96) }],
    });
    expect(resultSentences(data).map(textOf)).toEqual([
      "SKFAC reached 96 % test accuracy in 20 steps / 0.0400 s and K-FAC in 40 / 0.0800 s; SGD and Adam did not reach it in 100 steps.",
      "K-FAC reached 97 % test accuracy in 40 steps / 0.0800 s; SGD, Adam and SKFAC did not reach it in 100 steps.",
    ]);
  });

  it("names diverged runs with step and seed", () => {
    const data = race({ sgd: [{ seed: 0 }, { seed: 1, divergesAt: 30 }, { seed: 2 }] });
    expect(resultSentences(data).at(-1)).toBe("SGD diverged in 1 of 3 seeds: step 30 (seed 1).");
  });

  it("has words for a race that nobody got anywhere in", () => {
    const data = race({ sgd: [{ accuracy: () => 0.1 }], adam: [{ divergesAt: 20, accuracy: () => 0.1 }] });
    expect(resultSentences(data).map(textOf)).toEqual([
      "Test accuracy after 100 steps: SGD 10.00 %, Adam not finite.",
      "Adam diverged: step 20 (seed 0).",
    ]);
  });
});

describe("resultNote", () => {
  it("says how many seeds there are and how often the test set was looked at", () => {
    expect(resultNote(race({ sgd: [{ seed: 0 }] }))).toMatch(/^One seed; the test set was looked at every 20 steps/);
    expect(resultNote(race({ sgd: [{ seed: 0 }, { seed: 1 }, { seed: 2 }] }))).toMatch(/^Medians of 3 seeds;/);
  });
});
