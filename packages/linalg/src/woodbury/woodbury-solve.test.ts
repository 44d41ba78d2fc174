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
import { cholesky, choleskyInverse, choleskySolve, logDet } from "../cholesky.ts";
import { eigh } from "../decompositions/index.ts";
import { gram, syrk } from "../syrk.ts";
import { secondMoment } from "./second-moment.ts";
import { woodbury, woodburyApply } from "./woodbury.ts";
import { pushThroughSolve, woodburyLogDet, woodburySolve } from "./woodbury-solve.ts";

const f64 = { dtype: "float64" } as const;
/** The tolerance of S1, S3 and S5: relative to 1/μ, the largest eigenvalue that the inverse can have. */
const tolerance = 1e-10;

const damped = (X: Tensor, mu: number) => add(syrk(X), scale(eye(X.shape[0] as number, f64), mu));
const denseInverse = (X: Tensor, mu: number) => choleskyInverse(cholesky(damped(X, mu)));
const asMatrix = (X: Tensor, mu: number) => woodburySolve(X, mu, eye(X.shape[0] as number, X));

/** Shapes on both sides of d = r, and μ over four decades. */
const cases = fc.record({
  d: fc.integer({ min: 1, max: 12 }),
  r: fc.integer({ min: 1, max: 12 }),
  mu: fc.double({ min: -4, max: 0, noNaN: true }).map((power) => 10 ** power),
  seed: fc.nat(),
});
const draw = ({ d, r, seed }: { d: number; r: number; seed: number }) => normal(new Rng(seed), [d, r], f64);

describe("woodburySolve", () => {
  it("S1: equals the dense inverse for any number of columns, in either form", () => {
    fc.assert(
      fc.property(cases, ({ mu, ...rest }) => {
        const X = draw(rest);
        const bound = { rtol: 0, atol: tolerance / mu };
        expect(asMatrix(X, mu)).toBeAllclose(denseInverse(X, mu), bound);
        for (const form of ["dual", "primal"] as const) {
          const inverse = woodbury(secondMoment(transpose(X), form), mu);
          expect(woodburyApply(inverse, eye(rest.d, f64))).toBeAllclose(denseInverse(X, mu), bound);
        }
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
      expect(asMatrix(X, mu)).toBeAllclose(denseInverse(X, mu), { rtol: 0, atol: tolerance / mu });
    }
  });

  it("S1: equals the dense inverse for dependent columns, and I/μ for X = 0", () => {
    const column = draw({ d: 6, r: 2, seed: 2 });
    const X = matmul(column, tensor([[1, 0, 2, -1], [0, 1, 1, 3]], f64)); // biome-ignore format: rank 2 in four columns
    for (const mu of [1e-4, 1]) {
      expect(asMatrix(X, mu)).toBeAllclose(denseInverse(X, mu), { rtol: 0, atol: tolerance / mu });
      expect(asMatrix(zeros([6, 3], f64), mu)).toBeAllclose(scale(eye(6, f64), 1 / mu), { rtol: 1e-15 });
    }
  });

  it("S3: applied implicitly equals applied as a matrix, which is SPD with spectrum in (0, 1/μ]", () => {
    fc.assert(
      fc.property(cases, ({ mu, ...rest }) => {
        const X = draw(rest);
        const V = normal(new Rng(rest.seed).fork("V"), [rest.d, 3], f64);
        const inverse = asMatrix(X, mu);
        expect(woodburySolve(X, mu, V)).toBeAllclose(matmul(inverse, V), { rtol: 0, atol: (10 * tolerance) / mu });
        const spectrum = eigh(scale(inverse, mu), { symmetry: tolerance }).values.dataSync(); // in (0, 1]
        for (const value of spectrum) expect(value).toBeGreaterThan(-tolerance);
        expect(spectrum.at(-1)).toBeLessThanOrEqual(1 + tolerance);
      }),
      { numRuns: 30, seed: 0 },
    );
  });

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

  it("keeps float32 columns accurate relative to 1/μ", () => {
    const [X, V] = [normal(new Rng(1), [40, 8]), normal(new Rng(2), [40, 3])];
    for (const mu of [1, 1e-5]) {
      const exact = choleskySolve(cholesky(damped(cast(X, "float64"), mu)), cast(V, "float64"));
      const got = woodburySolve(X, mu, V);
      expect(got.dtype).toBe("float32");
      // Rounding in the span of X costs √(‖X‖²/μ) · ε relative to ‖V‖/μ: 3e-4 for the smaller μ.
      expect(cast(got, "float64")).toBeAllclose(exact, { rtol: 0, atol: (3 * Math.sqrt(320 / mu) * 2 ** -24) / mu });
    }
  });

  it("inverts X Xᵀ itself when μ = 0 and it has full rank", () => {
    const X = draw({ d: 3, r: 6, seed: 4 });
    expect(matmul(syrk(X), asMatrix(X, 0))).toBeAllclose(eye(3, f64), { rtol: 1e-11 });
  });

  it("refuses μ = 0 for fewer columns than rows, and what is no damping", () => {
    const [X, V] = [draw({ d: 5, r: 2, seed: 1 }), eye(5, f64)];
    expect(() => woodburySolve(X, 0, V)).toThrow(NumericalError);
    expect(() => woodburySolve(X, 0, V)).toThrow("damping is 0 and 2 columns leave [5, 5] singular");
    expect(() => woodburySolve(X, -1, V)).toThrow(UsageError);
    expect(() => woodburySolve(X, Number.NaN, V)).toThrow("μ must be a number ≥ 0 (got NaN)");
  });

  it("leaves nothing behind but its result, as pushThroughSolve", () => {
    const [X, V] = [draw({ d: 5, r: 3, seed: 1 }), draw({ d: 5, r: 2, seed: 2 })];
    const before = cpu.memory.tensors;
    woodburySolve(X, 1, V);
    pushThroughSolve(V, V, 1, 1);
    expect(cpu.memory.tensors - before).toBe(2);
  });

  it("throws ShapeError when V has another row count", () => {
    expect(() => woodburySolve(eye(3), 1, eye(4))).toThrow(ShapeError);
  });
});

describe("woodburyLogDet", () => {
  it("S5: is that of the dense matrix, (d − B) log μ + log det(XᵀX + μI)", () => {
    fc.assert(
      fc.property(cases, ({ mu, ...rest }) => {
        const X = draw(rest);
        const dense = logDet(cholesky(damped(X, mu))).itemSync();
        const small = add(gram(X), scale(eye(rest.r, f64), mu));
        const bySmall = (rest.d - rest.r) * Math.log(mu) + logDet(cholesky(small)).itemSync();
        const scaleOf = Math.max(1, Math.abs(dense));
        expect(Math.abs(woodburyLogDet(X, mu).itemSync() - dense)).toBeLessThanOrEqual(tolerance * scaleOf);
        expect(Math.abs(bySmall - dense)).toBeLessThanOrEqual(tolerance * scaleOf);
      }),
      { numRuns: 40, seed: 0 },
    );
  });

  it("has derivatives of first and second order in X, on both sides of d = r", () => {
    for (const [d, r] of [
      [5, 3],
      [3, 5],
    ] as const) {
      // biome-ignore format: two shapes
      checkGradients((x) => woodburyLogDet(x, 0.5), [draw({ d, r, seed: 1 })], { order: 2 });
    }
  });

  it("refuses what is no damping", () => {
    expect(() => woodburyLogDet(eye(2, f64), -1)).toThrow("μ must be a number ≥ 0 (got -1)");
  });
});

describe("pushThroughSolve", () => {
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
        expect(pushThroughSolve(Y, X, mu, muX)).toBeAllclose(both, { rtol: 0, atol });
      }),
      { numRuns: 40, seed: 0 },
    );
  });

  it("has no cancellation: float32 columns at small μ agree with float64", () => {
    const [Y, X] = [normal(new Rng(1), [12, 8]), normal(new Rng(2), [20, 8])];
    const exact = pushThroughSolve(cast(Y, "float64"), cast(X, "float64"), 1e-3, 1e-3);
    const got = pushThroughSolve(Y, X, 1e-3, 1e-3);
    expect(got.dtype).toBe("float32");
    expect(cast(got, "float64")).toBeAllclose(exact, { rtol: 1e-5 });
  });

  it("throws ShapeError when the column counts differ", () => {
    expect(() => pushThroughSolve(eye(2), eye(3), 1, 1)).toThrow("columns of Y and of X differ (expected 2, got 3)");
  });
});
