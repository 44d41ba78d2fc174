import { describe, expect, it } from "vitest";
import { eventsOf, small } from "../testing/index.ts";
import { metricsCsv } from "./metrics-csv.ts";

describe("metricsCsv", () => {
  it("has one row for each step and evaluation, a column for each metric, and units in the header", () => {
    const at = (step: number) => ({ step, examples: 8 * step, seconds: step / 2 });
    const csv = metricsCsv([
      { type: "eval", split: "test", ...at(0), loss: 2.5, metrics: { accuracy: 0.125 } },
      { type: "step", ...at(1), learningRate: 0.1, loss: 2, gradNorm: 3, reported: { damping: 0.03 } },
      { type: "notice", level: "info", text: "not a row" },
      { type: "step", ...at(2), learningRate: 0.1, reported: {} },
      { type: "eval", split: "validation", ...at(2), loss: Number.NaN, metrics: { accuracy: 0.5, f1: 0.25 } },
    ]);
    expect(csv).toBe(
      [
        "event,split,step (steps),examples (examples),seconds (s of training),learning rate,loss,accuracy,f1,gradient norm,damping",
        "eval,test,0,0,0,,2.5,0.125,,,",
        "step,train,1,8,0.5,0.1,2,,,3,0.03",
        "step,train,2,16,1,0.1,,,,,",
        "eval,validation,2,16,1,,NaN,0.5,0.25,,",
        "",
      ].join("\n"),
    );
  });

  it("takes what fit gives", async () => {
    const lines = metricsCsv(await eventsOf(small({ steps: 4 })))
      .trimEnd()
      .split("\n");
    expect(lines).toHaveLength(1 + 4 + 2);
    expect(new Set(lines.map((line) => line.split(",").length))).toEqual(new Set([10]));
  });
});
