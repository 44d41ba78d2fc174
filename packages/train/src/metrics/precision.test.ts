import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { metricOver } from "../../testing/metrics.ts";
import { precision } from "./precision.ts";

const labels = (...values: number[]) => tensor(Int32Array.from(values));
const yesNo = { outputs: tensor([1, 1, 1, -1, -1]), targets: labels(1, 1, 0, 1, 0) };
const three = (...classes: number[]) => tensor(classes.map((c) => [0, 1, 2].map((k) => Number(k === c))));

describe("precision", () => {
  it("is TP / (TP + FP) of class 1 where there are two classes", () => {
    expect(metricOver(precision(), yesNo)).toBeCloseTo(2 / 3, 12);
    expect(metricOver(precision(), { outputs: tensor([-1, -1]), targets: labels(1, 0) })).toBe(0);
  });

  it("is the mean over the classes that occur where there are more, or of all rows at once", () => {
    const answers = { outputs: three(0, 0, 1, 1), targets: labels(0, 1, 1, 1) }; // class 2 never
    expect(metricOver(precision(), answers)).toBeCloseTo((1 / 2 + 1) / 2, 12);
    expect(metricOver(precision({ average: "micro" }), answers)).toBeCloseTo(3 / 4, 12);
    expect(metricOver(precision({ average: "macro" }), yesNo)).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12);
  });

  it("is called by its average, and refuses one that is not known", () => {
    expect([precision().name, precision({ average: "micro" }).name]).toEqual(["precision", "microPrecision"]);
    expect(() => precision({ average: "mean" as never })).toThrow("average is not known");
  });
});
