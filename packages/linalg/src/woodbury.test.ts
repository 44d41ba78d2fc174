import {
  add,
  cast,
  cpu,
  eye,
  matmul,
  NumericalError,
  normal,
  Rng,
  ShapeError,
  scale,
  type Tensor,
  tensor,
  transpose,
  UsageError,
  zeros,
} from "@kronograd/tensor";
import { checkGradients } from "@kronograd/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cholesky, choleskyInverse, choleskySolve, logDet } from "./cholesky.ts";
import { eigh } from "./decompositions/index.ts";
import { syrk } from "./syrk.ts";
import {
  dampedGram,
  gramBits,
  pushThrough,
  woodbury,
  woodburyApply,
  woodburyDense,
  woodburyLogDet,
  woodburySolve,
} from "./woodbury.ts";

const f64 = { dtype: "float64" } as const;
/** The tolerance of S1, S3 and S5: relative to 1/μ, the largest eigenvalue that the inverse can have. */
const tolerance = 1e-10;

const damped = (X: Tensor, mu: number) => add(syrk(X), scale(eye(X.shape[0] as number, f64), mu));
const denseInverse = (X: Tensor, mu: number) => choleskyInverse(cholesky(damped(X, mu)));

/** Shapes on both sides of d = r, and μ over four decades. */
const cases = fc.record({
  d: fc.integer({ min: 1, max: 12 }),
  r: fc.integer({ min: 1, max: 12 }),
  mu: fc.double({ min: -4, max: 0, noNaN: true }).map((power) => 10 ** power),
  form: fc.constantFrom("dual" as const, "primal" as const, undefined),
  seed: fc.nat(),
});
const draw = ({ d, r, seed }: { d: number; r: number; seed: number }) => normal(new Rng(seed), [d, r], f64);

describe("woodbury", () => {
  it("S1: equals the dense inverse for any number of columns, in either form", () => {
    fc.assert(
      fc.property(cases, ({ mu, form, ...rest }) => {
        const X = draw(rest);
        const factors = woodbury(X, mu, form === undefined ? {} : { form });
        expect(woodburyDense(factors)).toBeAllclose(denseInverse(X, mu), { rtol: 0, atol: tolerance / mu });
      }),
      { numRuns: 60, seed: 0 },
    );
  });

  it.each([
    ["B < d", 7, 3],
    ["B = d", 5, 5],
    ["B > d", 4, 9],
    ["B = 1", 6, 1],
  ])("S1: equals the dense inverse for %s", (_, d, r) => {
    for (const mu of [1e-4, 1e-2, 1]) {
      const X = draw({ d, r, seed: 1 });
      expect(woodburyDense(woodbury(X, mu, { form: "dual" }))).toBeAllclose(denseInverse(X, mu), {
        rtol: 0,
        atol: tolerance / mu,
      });
    }
  });

  it("S1: equals the dense inverse for dependent columns, and I/μ for X = 0", () => {
    const column = draw({ d: 6, r: 2, seed: 2 });
    const X = matmul(column, tensor([[1, 0, 2, -1], [0, 1, 1, 3]], f64)); // biome-ignore format: rank 2 in four columns
    for (const mu of [1e-4, 1]) {
      expect(woodburyDense(woodbury(X, mu))).toBeAllclose(denseInverse(X, mu), { rtol: 0, atol: tolerance / mu });
      expect(woodburyDense(woodbury(zeros([6, 3], f64), mu))).toBeAllclose(scale(eye(6, f64), 1 / mu), { rtol: 1e-15 });
    }
  });

  it("S3: applied implicitly equals applied as a matrix, which is SPD with spectrum in (0, 1/μ]", () => {
    fc.assert(
      fc.property(cases, ({ mu, ...rest }) => {
        const X = draw(rest);
        const V = normal(new Rng(rest.seed).fork("V"), [rest.d, 3], f64);
        const factors = woodbury(X, mu);
        const inverse = woodburyDense(factors);
        expect(woodburyApply(factors, V)).toBeAllclose(matmul(inverse, V), { rtol: 0, atol: (10 * tolerance) / mu });
        const spectrum = eigh(scale(inverse, mu), { symmetry: tolerance }).values.dataSync(); // in (0, 1]
        for (const value of spectrum) expect(value).toBeGreaterThan(-tolerance);
        expect(spectrum.at(-1)).toBeLessThanOrEqual(1 + tolerance);
      }),
      { numRuns: 30, seed: 0 },
    );
  });

  it("S5: its log determinant is that of the dense matrix, (d − B) log μ + log det(XᵀX + μI)", () => {
    fc.assert(
      fc.property(cases, ({ mu, form, ...rest }) => {
        const X = draw(rest);
        const dense = logDet(cholesky(damped(X, mu))).itemSync();
        const got = woodburyLogDet(woodbury(X, mu, form === undefined ? {} : { form })).itemSync();
        const bySmall = (rest.d - rest.r) * Math.log(mu) + logDet(dampedGram(X, mu).L).itemSync();
        const scaleOf = Math.max(1, Math.abs(dense));
        expect(Math.abs(got - dense)).toBeLessThanOrEqual(tolerance * scaleOf);
        expect(Math.abs(bySmall - dense)).toBeLessThanOrEqual(tolerance * scaleOf);
      }),
      { numRuns: 40, seed: 0 },
    );
  });

  it("keeps X and a system of the smaller size", () => {
    const tall = woodbury(draw({ d: 9, r: 2, seed: 1 }), 1);
    expect([tall.X?.shape, tall.L.shape, tall.mu]).toEqual([[9, 2], [2, 2], 1]); // biome-ignore format: three shapes
    const wide = woodbury(draw({ d: 2, r: 9, seed: 1 }), 1);
    expect([wide.X, wide.L.shape]).toEqual([null, [2, 2]]);
  });

  it("throws NumericalError naming μ when μ = 0 and B < d", () => {
    const X = draw({ d: 5, r: 2, seed: 1 });
    for (const form of ["dual", "primal"] as const) {
      expect(() => woodbury(X, 0, { form })).toThrow(NumericalError);
      expect(() => woodbury(X, 0, { form })).toThrow("μ is 0 and X Xᵀ [5, 5] has rank at most 2");
    }
    expect(() => woodbury(X, -1)).toThrow(UsageError);
    expect(() => woodbury(X, Number.NaN)).toThrow("μ must be a number ≥ 0 (got NaN)");
  });

  it("inverts X Xᵀ itself when μ = 0 and it has full rank", () => {
    const X = draw({ d: 3, r: 6, seed: 4 });
    expect(matmul(syrk(X), woodburyDense(woodbury(X, 0)))).toBeAllclose(eye(3, f64), { rtol: 1e-11 });
  });
});

describe("woodburySolve", () => {
  it("equals a value computed by hand", () => {
    expect(woodburySolve(tensor([[1], [1]], f64), 1, tensor([[3], [0]], f64))).toBeAllclose([[2], [-1]], {
      rtol: 1e-15,
    });
  });

  it("tends to V / μ as μ grows", () => {
    const [X, V] = [draw({ d: 6, r: 3, seed: 1 }), draw({ d: 6, r: 2, seed: 2 })];
    const mu = 1e9;
    expect(scale(woodburySolve(X, mu, V), mu)).toBeAllclose(V, { rtol: 1e-7 }); // ‖X‖²/μ is about 1e-8
  });

  it("has derivatives of first and second order in X and V, in both forms", () => {
    const [X, V] = [draw({ d: 5, r: 3, seed: 1 }), draw({ d: 5, r: 2, seed: 2 })];
    for (const form of ["dual", "primal"] as const) {
      checkGradients((x, v) => woodburySolve(x, 0.5, v, { form }), [X, V], { order: 2 });
    }
  });

  it("leaves nothing behind but its result, as pushThrough", () => {
    const [X, V] = [draw({ d: 5, r: 3, seed: 1 }), draw({ d: 5, r: 2, seed: 2 })];
    const before = cpu.memory.tensors;
    woodburySolve(X, 1, V);
    pushThrough(V, V, 1, 1);
    expect(cpu.memory.tensors - before).toBe(2);
  });

  it("throws ShapeError when V has another row count", () => {
    expect(() => woodburySolve(eye(3), 1, eye(4))).toThrow(ShapeError);
  });
});

describe("gramBits", () => {
  it("asks for float64 where tr K / μ · ε exceeds 1e-2", () => {
    expect(gramBits(1, 1e-3)).toBe(32);
    expect(gramBits(1, 5e-6)).toBe(64);
    expect(gramBits(0, 0)).toBe(32);
    expect(gramBits(1, 0)).toBe(64);
  });

  it("is what woodbury reports, and keeps float32 input accurate relative to 1/μ", () => {
    const X = normal(new Rng(1), [40, 8]);
    const V = normal(new Rng(2), [40, 3]);
    for (const [mu, bits] of [
      [1, 32],
      [1e-5, 64],
    ] as const) {
      // biome-ignore format: a table
      const factors = woodbury(X, mu);
      expect(factors.bits).toBe(bits);
      expect(factors.L.dtype).toBe("float64");
      const exact = choleskySolve(cholesky(damped(cast(X, "float64"), mu)), cast(V, "float64"));
      const got = woodburyApply(factors, V);
      expect(got.dtype).toBe("float32");
      // Rounding Xᵀ V costs √(‖X‖²/μ) · ε relative to ‖V‖/μ: 3e-4 for the second row.
      expect(cast(got, "float64")).toBeAllclose(exact, { rtol: 0, atol: (3 * Math.sqrt(320 / mu) * 2 ** -24) / mu });
    }
  });

  it("leaves the choice to the caller who names one", () => {
    const X = normal(new Rng(1), [40, 8]);
    expect(woodbury(X, 1e-5, { bits: 32 }).bits).toBe(32);
  });
});

describe("pushThrough", () => {
  it("equals the two-sided dense solve of Y Xᵀ, whichever side is smaller", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), cases, (o, i, { r, mu, seed }) => {
        const Y = draw({ d: o, r, seed });
        const X = draw({ d: i, r, seed: seed + 1 });
        const muX = 2 * mu;
        const left = choleskySolve(cholesky(damped(Y, mu)), matmul(Y, transpose(X)));
        const both = transpose(choleskySolve(cholesky(damped(X, muX)), transpose(left)));
        // S2's bound for the two-sided form.
        const atol = 20 * 2 ** -52 * (1 + 100 / mu) * (1 + 100 / muX);
        expect(pushThrough(Y, X, mu, muX)).toBeAllclose(both, { rtol: 0, atol });
      }),
      { numRuns: 40, seed: 0 },
    );
  });

  it("has no cancellation: float32 columns at small μ agree with float64", () => {
    const [Y, X] = [normal(new Rng(1), [12, 8]), normal(new Rng(2), [20, 8])];
    const exact = pushThrough(cast(Y, "float64"), cast(X, "float64"), 1e-3, 1e-3);
    const got = pushThrough(Y, X, 1e-3, 1e-3);
    expect(got.dtype).toBe("float32");
    expect(cast(got, "float64")).toBeAllclose(exact, { rtol: 1e-5 });
  });

  it("throws ShapeError when the column counts differ", () => {
    expect(() => pushThrough(eye(2), eye(3), 1, 1)).toThrow("columns of Y and of X differ (expected 2, got 3)");
  });
});
