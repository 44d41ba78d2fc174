import type { RunEvent } from "@kronograd/train";
import { describe, expect, it } from "vitest";
import type { Entry } from "./entry.ts";
import { runInTurn } from "./race.ts";

/** A run that gives a step and an evaluation so many times, and then its end. */
function entry(rival: string, rounds: number, options: { isFinished?: boolean; signal?: AbortSignal } = {}): Entry {
  const at = (step: number) => ({ step, examples: step, seconds: step });
  const evaluation = (step: number): RunEvent => ({
    type: "eval",
    split: "test",
    ...at(step),
    loss: 1,
    metrics: {},
    rival,
  });
  function* events(): Generator<RunEvent> {
    yield evaluation(0);
    for (let step = 1; step <= rounds; step++) {
      if (options.signal?.aborted === true) break;
      yield { type: "step", ...at(step), learningRate: 1, reported: {}, rival };
      yield evaluation(step);
    }
    const reason = options.signal?.aborted === true ? "stopped" : "done";
    yield { type: "end", reason, step: rounds, seconds: 1, skipped: 0, text: "", best: null, rival };
  }
  const stream = events();
  return {
    rival,
    seed: 0,
    path: rival,
    past: [],
    isFinished: options.isFinished ?? false,
    next: async () => stream.next().value ?? undefined,
  };
}

const never = new AbortController().signal;

describe("runInTurn", () => {
  it("lets every rival go on to its next evaluation, one after the other", async () => {
    const seen: string[] = [];
    const outcomes = await runInTurn(
      [entry("a", 2), entry("b", 2)],
      ({ type, rival }) => seen.push(`${rival} ${type}`),
      never,
    );
    expect(seen).toEqual([
      ...["a eval", "b eval"],
      ...["a step", "a eval", "b step", "b eval"],
      ...["a step", "a eval", "b step", "b eval"],
      ...["a end", "b end"],
    ]);
    expect(outcomes.map(({ entry, reason }) => [entry.rival, reason])).toEqual([["a", "done"], ["b", "done"]]); // biome-ignore format: pairs
  });

  it("lets a longer run go on alone", async () => {
    const outcomes = await runInTurn([entry("a", 1), entry("b", 5)], () => {}, never);
    expect(outcomes.map(({ reason }) => reason)).toEqual(["done", "done"]);
  });

  it("does not touch a run that is finished", async () => {
    const seen: string[] = [];
    await runInTurn([entry("a", 2, { isFinished: true }), entry("b", 1)], ({ rival }) => seen.push(rival ?? ""), never);
    expect(new Set(seen)).toEqual(new Set(["b"]));
  });

  it("begins nothing more once it is told to stop, and lets what has begun come to its end", async () => {
    const control = new AbortController();
    const seen: string[] = [];
    const runs = ["a", "b", "c"].map((name) => entry(name, 9, { signal: control.signal }));
    const outcomes = await runInTurn(
      runs,
      ({ type, rival }) => {
        seen.push(`${rival} ${type}`);
        if (rival === "b") control.abort();
      },
      control.signal,
    );
    expect(seen).toEqual(["a eval", "b eval", "a end", "b end"]);
    expect(outcomes.map(({ reason }) => reason)).toEqual(["stopped", "stopped", "stopped"]);
  });

  it("lets timers and signals through while it works", async () => {
    let heard = false;
    setTimeout(() => {
      heard = true;
    }, 1);
    const slow = entry("a", 30);
    const busy: Entry = {
      ...slow,
      next: () => {
        const end = performance.now() + 3;
        while (performance.now() < end);
        return slow.next();
      },
    };
    let heardWhileRunning = false;
    await runInTurn([busy], () => { heardWhileRunning ||= heard; }, never); // biome-ignore format: short
    expect(heardWhileRunning).toBe(true);
  });
});
