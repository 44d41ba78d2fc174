import { describe, expect, it } from "vitest";
import { eventsOf, small } from "../testing/index.ts";
import { metricsCsv } from "./metrics.ts";

describe("metricsCsv", () => {
  it("has one row for each step and evaluation, with units in the header", () => {
    const csv = metricsCsv([
      { type: "eval", step: 0, examples: 0, seconds: 0, loss: 2.5, accuracy: 0.125 },
      {
        type: "step",
        step: 1,
        examples: 8,
        seconds: 0.5,
        learningRate: 0.1,
        loss: 2,
        gradNorm: 3,
        reported: { damping: 0.03 },
      },
      { type: "notice", level: "info", text: "not a row" },
      { type: "step", step: 2, examples: 16, seconds: 1, learningRate: 0.1, reported: {} },
      { type: "eval", step: 2, examples: 16, seconds: 1, loss: Number.NaN },
    ]);
    expect(csv).toBe(
      [
        "event,step (steps),examples (examples),seconds (s of training),learning rate,loss,accuracy (0-1),gradient norm,damping",
        "eval,0,0,0,,2.5,0.125,,",
        "step,1,8,0.5,0.1,2,,3,0.03",
        "step,2,16,1,0.1,,,,",
        "eval,2,16,1,,NaN,,,",
        "",
      ].join("\n"),
    );
  });

  it("takes what fit gives", async () => {
    const lines = metricsCsv(await eventsOf(small({ steps: 4 })))
      .trimEnd()
      .split("\n");
    expect(lines).toHaveLength(1 + 4 + 2);
    expect(new Set(lines.map((line) => line.split(",").length))).toEqual(new Set([9]));
  });
});
