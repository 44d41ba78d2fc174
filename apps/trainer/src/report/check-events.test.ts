import { DataError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { checkEvents } from "./check-events.ts";
import { makeEvents } from "./testing/make-race.ts";

describe("checkEvents", () => {
  it("accepts every event of a run, and kinds that it does not know", () => {
    const events = makeEvents({ rival: "kfac", steps: 3, divergesAt: 2, notices: ["x"] });
    expect(checkEvents(events, "f")).toEqual(events);
    expect(checkEvents([{ type: "view", step: 1 }], "f")).toEqual([{ type: "view", step: 1 }]);
  });

  it("reads a loss that JSON could not hold as NaN", () => {
    const [step, evaluation] = checkEvents(
      [
        { type: "step", step: 1, examples: 1, seconds: 1, learningRate: 1, loss: null, reported: { klClip: null } },
        { type: "eval", step: 1, examples: 1, seconds: 1, loss: null },
      ],
      "f",
    );
    expect(step).toMatchObject({ loss: Number.NaN, reported: { klClip: Number.NaN } });
    expect(evaluation).toMatchObject({ loss: Number.NaN });
  });

  it("reads evaluations that were written before metrics had names", () => {
    const old = { type: "eval", step: 1, examples: 1, seconds: 1, loss: 2, accuracy: null };
    const [evaluation] = checkEvents([old], "f");
    expect(evaluation).toMatchObject({ split: "test", loss: 2, metrics: { accuracy: Number.NaN } });
    const [plain] = checkEvents([{ ...old, accuracy: undefined }], "f");
    expect(plain).toMatchObject({ metrics: {} });
  });

  it("names file, line and field of an event that lacks one", () => {
    const fine = { type: "skipped", step: 1, examples: 1, seconds: 1, inARow: 1, total: 1, what: "loss is NaN" };
    const plan = { type: "plan", device: "cpu", why: [], parameters: 1 };
    const bad: [unknown, RegExp][] = [
      [7, /is not an event that a report can read \(expected Object, got 7\)/],
      [{}, /"type" of event \(expected .*"type".*, got nothing\)|"type" of event/],
      [{ type: "end", rival: 3 }, /"rival" of event \(expected .*string.*, got 3\)/],
      [{ type: "step", step: "1" }, /"step" of step \(expected number, got "1"\)/],
      [
        { type: "step", step: 1, examples: 1, seconds: 1, learningRate: 1, reported: { a: "b" } },
        /"reported.a" of step/,
      ],
      [{ type: "eval", step: 1, examples: 1 }, /"seconds" of eval/],
      [{ type: "eval", step: 1, examples: 1, seconds: 1, loss: "low" }, /"loss" of eval/],
      [{ type: "phase", step: 1, steps: 1, ms: 3 }, /"ms" of phase/],
      [
        { type: "phase", step: 1, steps: 1, ms: { forward: null } },
        /"ms.forward" of phase \(expected number, got null\)/,
      ],
      [{ ...plan, layers: {} }, /"layers" of plan/],
      [{ ...plan, layers: [null] }, /"layers.0" of plan/],
      [{ type: "end", step: 1, seconds: 1, reason: null }, /"reason" of end/],
    ];
    for (const [event, message] of bad) {
      expect(() => checkEvents([fine, event], "events.jsonl")).toThrow(DataError);
      expect(() => checkEvents([fine, event], "events.jsonl")).toThrow(message);
      expect(() => checkEvents([fine, event], "events.jsonl")).toThrow(/events\.jsonl, line 2/);
    }
  });
});
