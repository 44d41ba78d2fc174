import { normal, Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { gram } from "../syrk.ts";
import { momentSize, momentTrace, type SecondMoment, secondMoment } from "./second-moment.ts";

describe("secondMoment", () => {
  it("is the same moment in both forms", () => {
    const rows = normal(new Rng(5), [5, 12], { dtype: "float64" });
    const [columns, matrix] = [secondMoment(rows, "dual"), secondMoment(rows, "primal")] as [
      SecondMoment & { form: "dual" },
      SecondMoment & { form: "primal" },
    ];
    expect(gram(columns.Xt)).toBeAllclose(matrix.M);
    expect(momentTrace(columns)).toBeAllclose(momentTrace(matrix));
    expect([momentSize(columns), momentSize(matrix)]).toEqual([12, 12]);
  });
});
