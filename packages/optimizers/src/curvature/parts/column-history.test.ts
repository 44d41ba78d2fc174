import { gram, type SecondMoment, secondMoment } from "@kronograd/linalg";
import { normal, Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { columnHistory } from "./column-history.ts";

const batches = [5, 4, 3].map((columns) => normal(new Rng(columns), [columns, 12], { dtype: "float64" }));

const joined = (form: SecondMoment["form"], rank = 50, start: "first" | "martens" = "first") =>
  batches.reduce(
    (old: SecondMoment | null, rows, k) => columnHistory({ rank, start }).join(old, secondMoment(rows, form), k + 1),
    null,
  ) as SecondMoment;
const matrixOf = (moment: SecondMoment) => (moment.form === "primal" ? moment.M : gram(moment.Xt));

describe("columnHistory", () => {
  it("averages alike in both forms while nothing is cut", () => {
    for (const start of ["first", "martens"] as const) {
      expect(matrixOf(joined("dual", 50, start))).toBeAllclose(matrixOf(joined("primal", 50, start)));
    }
    expect(matrixOf(joined("dual"))).not.toBeAllclose(matrixOf(joined("dual", 50, "martens")));
  });

  it("keeps at most its rank, of the first batch too", () => {
    expect(joined("dual", 2)).toMatchObject({ form: "dual", Xt: { shape: [2, 12] } });
    const first = columnHistory({ rank: 3 }).join(null, secondMoment(batches[0]!, "dual"), 1);
    expect(first).toMatchObject({ Xt: { shape: [3, 12] } });
  });
});
