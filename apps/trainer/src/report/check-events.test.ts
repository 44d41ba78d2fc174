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
        { type: "step", step: 1, examples: 1, seconds: 1, learningRate: 1, loss: null, reported: {} },
        { type: "eval", step: 1, examples: 1, seconds: 1, loss: null },
      ],
      "f",
    );
    expect([(step as { loss: number }).loss, (evaluation as { loss: number }).loss]).toEqual([Number.NaN, Number.NaN]);
  });

  it("names file, line and field of an event that lacks one", () => {
    const fine = { type: "skipped", step: 1, examples: 1, seconds: 1, inARow: 1, total: 1, what: "loss is NaN" };
    const bad: [unknown, RegExp][] = [
      [7, /an event, got 7/],
      [{}, /"type"/],
      [{ type: "step", step: "1" }, /a number in "step" of step, got "1"/],
      [{ type: "eval", step: 1, examples: 1 }, /"seconds" of eval/],
      [{ type: "eval", step: 1, examples: 1, seconds: 1, loss: "low" }, /"loss"/],
      [{ type: "phase", step: 1, steps: 1, ms: 3 }, /an object in "ms" of phase, got 3/],
      [{ type: "plan", parameters: 1, layers: {} }, /a list in "layers" of plan/],
      [{ type: "end", step: 1, seconds: 1, reason: null }, /a text in "reason" of end/],
    ];
    for (const [event, message] of bad) {
      expect(() => checkEvents([fine, event], "events.jsonl")).toThrow(DataError);
      expect(() => checkEvents([fine, event], "events.jsonl")).toThrow(message);
      expect(() => checkEvents([fine, event], "events.jsonl")).toThrow(/events\.jsonl, line 2/);
    }
  });
});
