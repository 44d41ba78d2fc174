import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { metricOver } from "../../testing/metrics.ts";
import { f1 } from "./f1.ts";
import { precision } from "./precision.ts";
import { recall } from "./recall.ts";

const labels = (...values: number[]) => tensor(Int32Array.from(values));
const yesNo = { outputs: tensor([1, 1, 1, -1, -1]), targets: labels(1, 0, 0, 1, 0) };

describe("f1", () => {
  it("is the harmonic mean of precision and recall", () => {
    const [p, r] = [metricOver(precision(), yesNo) as number, metricOver(recall(), yesNo) as number];
    expect(metricOver(f1(), yesNo)).toBeCloseTo((2 * p * r) / (p + r), 12);
  });

  it("averages each class's own over the classes, and equals accuracy over all rows at once", () => {
    const of = (average: "macro" | "micro") => metricOver(f1({ average }), yesNo);
    expect(of("macro")).toBeCloseTo((2 / 5 + 2 / 5) / 2, 12);
    expect(of("micro")).toBeCloseTo(2 / 5, 12);
    expect(metricOver(f1())).toBeNaN();
  });
});
