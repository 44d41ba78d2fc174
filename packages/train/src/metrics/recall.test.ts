import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { metricOver } from "../../testing/metrics.ts";
import { recall } from "./recall.ts";

const labels = (...values: number[]) => tensor(Int32Array.from(values));
const three = (...classes: number[]) => tensor(classes.map((c) => [0, 1, 2].map((k) => Number(k === c))));

describe("recall", () => {
  it("is TP / (TP + FN) of class 1 where there are two classes", () => {
    const answers = { outputs: tensor([1, 1, -1, -1]), targets: labels(1, 0, 1, 1) };
    expect(metricOver(recall(), answers)).toBeCloseTo(1 / 3, 12);
  });

  it("is the mean over the classes, or of all rows at once", () => {
    const answers = { outputs: three(0, 1, 1, 2), targets: labels(0, 0, 1, 1) };
    expect(metricOver(recall(), answers)).toBeCloseTo((1 / 2 + 1 / 2 + 0) / 3, 12); // class 2 was predicted once
    expect(metricOver(recall({ average: "micro" }), answers)).toBe(0.5);
  });
});
