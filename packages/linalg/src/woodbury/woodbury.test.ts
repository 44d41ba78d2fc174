import {
  cast,
  concat,
  eye,
  matmul,
  NumericalError,
  normal,
  Rng,
  scale,
  slice,
  type Tensor,
  transpose,
  zeros,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { dampedInverse } from "../damped-inverse.ts";
import { damped } from "../damping.ts";
import { symmetricEigen } from "../symmetric-eigen.ts";
import { gram } from "../syrk.ts";
import type { SecondMoment } from "./second-moment.ts";
import {
  gramBits,
  woodbury,
  woodburyApply,
  woodburyApplyToRows,
  woodburyApplyToSplitRows,
  woodburySize,
} from "./woodbury.ts";

const float64 = { dtype: "float64" } as const;
const random = (seed: number, rows: number, columns: number): Tensor => normal(new Rng(seed), [rows, columns], float64);

const d = 12;
/** Xᵀ of c columns, as layers give it: scaled by 1/√c. */
const columnsOf = (c: number): Tensor => scale(random(c, c, d), 1 / Math.sqrt(c));
const one = columnsOf(4);
const cases: Record<string, Tensor> = {
  "B < d": columnsOf(5),
  "B = d": columnsOf(12),
  "B > d": columnsOf(30),
  "B = 1": columnsOf(1),
  "dependent columns": concat([one, one, scale(one, -2)], 0),
  "X = 0": zeros([3, d], float64),
};
const dual = (Xt: Tensor): SecondMoment => ({ form: "dual", Xt });
const primal = (Xt: Tensor): SecondMoment => ({ form: "primal", M: gram(Xt) });
const dense = (Xt: Tensor, mu: number): Tensor => dampedInverse(gram(Xt), mu);
const units = eye(d, float64);

describe("S1 and S3: the inverse through columns", () => {
  for (const [name, Xt] of Object.entries(cases)) {
    it(`is the dense inverse, from rows and from columns: ${name}`, () => {
      for (const mu of [1e-4, 1e-2, 1]) {
        const tolerance = { rtol: 0, atol: 1e-10 / mu };
        for (const moment of [dual(Xt), primal(Xt)]) {
          const side = woodbury(moment, mu);
          expect(woodburyApplyToRows(side, units)).toBeAllclose(dense(Xt, mu), tolerance);
          expect(woodburyApply(side, units)).toBeAllclose(dense(Xt, mu), tolerance);
        }
      }
    });

    it(`is symmetric with eigenvalues in (0, 1/μ]: ${name}`, () => {
      for (const mu of [1e-4, 1]) {
        const P = woodburyApplyToRows(woodbury(dual(Xt), mu), units);
        expect(P).toBeAllclose(transpose(P), { rtol: 0, atol: 1e-10 / mu });
        const values = symmetricEigen(scale(P.add(transpose(P)), 0.5)).values.dataSync();
        expect(values[0]).toBeGreaterThan(0);
        expect(values[d - 1]).toBeLessThanOrEqual((1 / mu) * (1 + 1e-10));
      }
    });
  }

  it("is I/μ for no columns at all that are not 0", () => {
    const side = woodbury(dual(cases["X = 0"] as Tensor), 0.25);
    expect(woodburyApplyToRows(side, units)).toBeAllclose(scale(units, 4));
  });

  it("applies to rows in two pieces as to the rows", () => {
    const R = random(8, 7, d);
    for (const moment of [dual(columnsOf(5)), primal(columnsOf(5))]) {
      const inverse = woodbury(moment, 0.1);
      const { a, last } = woodburyApplyToSplitRows(inverse, slice(R, [null, [0, -1]]), slice(R, [null, [-1]]));
      expect(concat([a, last as Tensor], 1)).toBeAllclose(woodburyApplyToRows(inverse, R), { rtol: 1e-13 });
    }
  });

  it("takes many vectors at once", () => {
    const side = woodbury(dual(columnsOf(5)), 0.1);
    const R = random(7, 9, d);
    expect(woodburyApplyToRows(side, R)).toBeAllclose(matmul(R, dense(columnsOf(5), 0.1)), { rtol: 1e-9 });
    expect(woodburyApply(side, transpose(R))).toBeAllclose(matmul(dense(columnsOf(5), 0.1), transpose(R)), {
      rtol: 1e-9,
    });
  });
});

describe("woodbury", () => {
  it("refuses μ = 0 where the columns leave the matrix singular, and only there", () => {
    expect(() => woodbury(dual(columnsOf(5)), 0, "conv1, input side")).toThrow(NumericalError);
    expect(() => woodbury(dual(columnsOf(5)), 0, "conv1, input side")).toThrow(
      /conv1, input side: damping is 0 and 5 columns/,
    );
    const side = woodbury(primal(columnsOf(30)), 0);
    expect(matmul(woodburyApplyToRows(side, units), gram(columnsOf(30)))).toBeAllclose(units, { rtol: 1e-9 });
  });

  it("works in float64 where float32 would lose the result, and says so", () => {
    const Xt = cast(scale(random(3, 4, d), 10), "float32"); // ‖X‖² ≈ 4800
    const harmless = woodbury(dual(Xt), 1);
    const delicate = woodbury(dual(Xt), 1e-3); // ‖X‖²/μ · ε ≈ 0.3
    expect([harmless, delicate].map((side) => side.form === "dual" && side.bits)).toEqual([32, 64]);
    const V = matmul(cast(random(4, 5, 4), "float32"), Xt); // in the span of the columns: all but 1e-7 cancels
    const want = matmul(cast(V, "float64"), dense(cast(Xt, "float64"), 1e-3));
    const got = woodburyApplyToRows(delicate, V);
    expect(got.dtype).toBe("float32");
    expect(got).toBeAllclose(want, { rtol: 1e-3 }); // V itself was rounded, at 6e-8 · 1/μ
  });

  it("keeps float32 otherwise", () => {
    const Xt = cast(columnsOf(5), "float32");
    const side = woodbury(dual(Xt), 0.1);
    expect(side.form === "dual" && side.core.dtype).toBe("float32");
    expect(woodburyApplyToRows(side, cast(units, "float32"))).toBeAllclose(dense(columnsOf(5), 0.1), { rtol: 1e-5 });
  });
});

describe("dampedInverse", () => {
  it("is accurate beyond float32 before it is rounded", () => {
    const M = damped(gram(columnsOf(5)), 0); // rank 5 of 12
    const exact = dampedInverse(M, 1e-5);
    const rounded = dampedInverse(cast(M, "float32"), 1e-5);
    expect(rounded.dtype).toBe("float32");
    expect(rounded).toBeAllclose(exact, { rtol: 0.05 }); // M rounded at 1e-7 against 1e-5
  });
});

describe("woodburySize", () => {
  it("is d in both forms", () => {
    expect([dual, primal].map((form) => woodburySize(woodbury(form(columnsOf(5)), 1)))).toEqual([12, 12]);
  });
});

describe("gramBits", () => {
  it("asks for float64 where tr K / μ · ε exceeds 1e-2", () => {
    expect(gramBits(1, 1e-3)).toBe(32);
    expect(gramBits(1, 5e-6)).toBe(64);
    expect(gramBits(0, 0)).toBe(32);
    expect(gramBits(1, 0)).toBe(64);
  });
});
