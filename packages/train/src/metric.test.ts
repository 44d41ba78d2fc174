import { describe, expect, it } from "vitest";
import { checkMetrics } from "./metric.ts";
import { accuracy } from "./metrics/accuracy.ts";
import { f1 } from "./metrics/f1.ts";

describe("checkMetrics", () => {
  it("allows names of their own, and refuses one that is there twice or is loss", () => {
    checkMetrics("fit", [accuracy(), f1(), f1({ average: "micro" })]);
    const refusal = expect.objectContaining({ name: "UsageError" });
    expect(() => checkMetrics("fit", [f1(), accuracy(), f1()])).toThrow(refusal);
    expect(() => checkMetrics("fit", [{ ...accuracy(), name: "loss" }])).toThrow(refusal);
  });
});
