import { dampedInverse, gram } from "@kronograd/linalg";
import {
  cast,
  concat,
  eye,
  matmul,
  NumericalError,
  normal,
  Rng,
  scale,
  type Tensor,
  transpose,
  zeros,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { damped } from "../../damping.ts";
import {
  applyCost,
  applyToColumns,
  applyToRows,
  dimensionOf,
  invert,
  type Moment,
  momentOf,
  sideDimension,
  traceOf,
} from "./kronecker-side.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

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
const dual = (Xt: Tensor): Moment => ({ form: "dual", Xt });
const primal = (Xt: Tensor): Moment => ({ form: "primal", M: gram(Xt) });
const dense = (Xt: Tensor, mu: number): Tensor => dampedInverse(gram(Xt), mu);
const units = eye(d, float64);

describe("S1 and S3: the inverse through columns", () => {
  for (const [name, Xt] of Object.entries(cases)) {
    it(`is the dense inverse, from rows and from columns: ${name}`, () => {
      for (const mu of [1e-4, 1e-2, 1]) {
        const tolerance = { rtol: 0, atol: 1e-10 / mu };
        for (const moment of [dual(Xt), primal(Xt)]) {
          const side = invert("test", moment, mu);
          expect(applyToRows(side, units)).toBeAllclose(dense(Xt, mu), tolerance);
          expect(applyToColumns(side, units)).toBeAllclose(dense(Xt, mu), tolerance);
        }
      }
    });

    it(`is symmetric with eigenvalues in (0, 1/μ]: ${name}`, () => {
      for (const mu of [1e-4, 1]) {
        const P = applyToRows(invert("test", dual(Xt), mu), units);
        expect(P).toBeAllclose(transpose(P), { rtol: 0, atol: 1e-10 / mu });
        const values = symmetricEigen(scale(P.add(transpose(P)), 0.5)).values.dataSync();
        expect(values[0]).toBeGreaterThan(0);
        expect(values[d - 1]).toBeLessThanOrEqual((1 / mu) * (1 + 1e-10));
      }
    });
  }

  it("is I/μ for no columns at all that are not 0", () => {
    const side = invert("test", dual(cases["X = 0"] as Tensor), 0.25);
    expect(applyToRows(side, units)).toBeAllclose(scale(units, 4));
  });

  it("takes many vectors at once", () => {
    const side = invert("test", dual(columnsOf(5)), 0.1);
    const R = random(7, 9, d);
    expect(applyToRows(side, R)).toBeAllclose(matmul(R, dense(columnsOf(5), 0.1)), { rtol: 1e-9 });
    expect(applyToColumns(side, transpose(R))).toBeAllclose(matmul(dense(columnsOf(5), 0.1), transpose(R)), {
      rtol: 1e-9,
    });
  });
});

describe("invert", () => {
  it("refuses μ = 0 where the columns leave the matrix singular, and only there", () => {
    expect(() => invert("conv1, input side", dual(columnsOf(5)), 0)).toThrow(NumericalError);
    expect(() => invert("conv1, input side", dual(columnsOf(5)), 0)).toThrow(
      /conv1, input side: damping is 0 and 5 columns/,
    );
    const side = invert("test", primal(columnsOf(30)), 0);
    expect(matmul(applyToRows(side, units), gram(columnsOf(30)))).toBeAllclose(units, { rtol: 1e-9 });
  });

  it("works in float64 where float32 would lose the result, and says so", () => {
    const Xt = cast(scale(random(3, 4, d), 10), "float32"); // ‖X‖² ≈ 4800
    const harmless = invert("test", dual(Xt), 1);
    const delicate = invert("test", dual(Xt), 1e-3); // ‖X‖²/μ · ε ≈ 0.3
    expect([harmless, delicate].map((side) => side.form === "dual" && side.bits)).toEqual([32, 64]);
    const V = matmul(cast(random(4, 5, 4), "float32"), Xt); // in the span of the columns: all but 1e-7 cancels
    const want = matmul(cast(V, "float64"), dense(cast(Xt, "float64"), 1e-3));
    const got = applyToRows(delicate, V);
    expect(got.dtype).toBe("float32");
    expect(got).toBeAllclose(want, { rtol: 1e-3 }); // V itself was rounded, at 6e-8 · 1/μ
  });

  it("keeps float32 otherwise", () => {
    const Xt = cast(columnsOf(5), "float32");
    const side = invert("test", dual(Xt), 0.1);
    expect(side.form === "dual" && side.core.dtype).toBe("float32");
    expect(applyToRows(side, cast(units, "float32"))).toBeAllclose(dense(columnsOf(5), 0.1), { rtol: 1e-5 });
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

describe("momentOf", () => {
  it("is the same moment in both forms", () => {
    const rows = columnsOf(5);
    const [columns, matrix] = [momentOf(rows, "dual"), momentOf(rows, "primal")] as [
      Moment & { form: "dual" },
      Moment & { form: "primal" },
    ];
    expect(gram(columns.Xt)).toBeAllclose(matrix.M);
    expect(traceOf(columns)).toBeAllclose(traceOf(matrix));
    expect([dimensionOf(columns), dimensionOf(matrix)]).toEqual([d, d]);
  });
});

describe("applyCost and sideDimension", () => {
  it("count the work of one vector", () => {
    const [columns, matrix] = [invert("test", dual(columnsOf(5)), 1), invert("test", primal(columnsOf(5)), 1)];
    expect([applyCost(columns), applyCost(matrix)]).toEqual([4 * 5 * 12 + 2 * 25, 2 * 144]);
    expect([sideDimension(columns), sideDimension(matrix)]).toEqual([12, 12]);
  });
});
