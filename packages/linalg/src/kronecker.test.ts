import { add, eye, matmul, normal, Rng, reshape, ShapeError, scale, type Tensor, trace } from "@kronograd/tensor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cholesky, choleskySolve, logDet } from "./cholesky.ts";
import { damped, splitDamping } from "./damping.ts";
import { eigh } from "./decompositions/index.ts";
import {
  kronecker,
  kroneckerEigenSolve,
  kroneckerLogDet,
  kroneckerNorm,
  kroneckerSolve,
  kroneckerTrace,
} from "./kronecker.ts";
import { toDense, transposeOperator } from "./operator.ts";
import { syrk } from "./syrk.ts";

const f64 = { dtype: "float64" } as const;
/** Products of two factors with condition numbers under 100. */
const rtol = 1e-11;

/** Random positive definite factors with eigenvalues of at least 1/2. */
const cases = fc.record({ o: fc.integer({ min: 1, max: 4 }), i: fc.integer({ min: 1, max: 5 }), seed: fc.nat() });
const definite = (n: number, rng: Rng) => add(syrk(normal(rng, [n, n], f64)), scale(eye(n, f64), 0.5));
const draw = ({ o, i, seed }: { o: number; i: number; seed: number }) => {
  const rng = new Rng(seed);
  return { G: definite(o, rng), A: definite(i, rng), V: normal(rng, [o, i], f64) };
};
const property = (check: (drawn: ReturnType<typeof draw> & { n: number }) => void) =>
  fc.assert(
    fc.property(cases, (drawn) => check({ ...draw(drawn), n: drawn.o * drawn.i })),
    { numRuns: 20, seed: 0 },
  );

/** The Kronecker product by its definition. */
function definition(G: Tensor, A: Tensor): number[][] {
  const [o, i] = [G.shape[0] as number, A.shape[0] as number];
  const [g, a] = [G.dataSync(), A.dataSync()];
  return Array.from({ length: o * i }, (_, row) =>
    Array.from({ length: o * i }, (_, column) => {
      const fromG = g[Math.floor(row / i) * o + Math.floor(column / i)] as number;
      return fromG * (a[(row % i) * i + (column % i)] as number);
    }),
  );
}

const vec = (V: Tensor) => reshape(V, [-1, 1]);
/** (M + λI)⁻¹ vec(V) by a dense solve, as a matrix of V's shape. */
const denseSolve = (M: Tensor, V: Tensor) => reshape(choleskySolve(cholesky(M), vec(V)), V.shape);

describe("kronecker", () => {
  it("is the product by its definition, for factors that are not symmetric too", () => {
    const rng = new Rng(1);
    const [G, A] = [normal(rng, [2, 2], f64), normal(rng, [3, 3], f64)];
    expect(toDense(kronecker(G, A))).toBeAllclose(definition(G, A), { rtol: 1e-14 });
    const transposed = definition(G, A)[0]?.map((_, j) =>
      definition(G, A).map((row) => row[j] as number),
    ) as number[][];
    expect(toDense(transposeOperator(kronecker(G, A)))).toBeAllclose(transposed, { rtol: 1e-14 });
  });

  it("applies to stacked rows: (G ⊗ A) vec(V) = vec(G V Aᵀ)", () => {
    property(({ G, A, V }) => {
      expect(kronecker(G, A).apply(vec(V))).toBeAllclose(vec(matmul(G, matmul(V, A))), { rtol });
    });
  });

  it("throws ShapeError when a factor is not square", () => {
    expect(() => kronecker(eye(2), normal(new Rng(0), [2, 3]))).toThrow(ShapeError);
  });
});

describe("kroneckerSolve", () => {
  it("is G⁻¹ V A⁻¹, the dense solve of the product", () => {
    property(({ G, A, V }) => {
      const solved = kroneckerSolve(cholesky(G), cholesky(A), V);
      expect(solved).toBeAllclose(denseSolve(toDense(kronecker(G, A)), V), { rtol });
    });
  });
});

describe("damped inverses", () => {
  it.each([0.01, 1])(
    "T24: per factor, with and without π, equals the dense inverse of the damped factors' product",
    (damping) => {
      property(({ G, A, V }) => {
        const [o, i] = V.shape as [number, number];
        for (const balanced of [true, false]) {
          const traces = { traceG: trace(G), dimG: o, traceA: trace(A), dimA: i };
          const share = splitDamping(damping, traces, balanced);
          const [GD, AD] = [damped(G, Number(share.G)), damped(A, Number(share.A))];
          const pi = balanced ? Math.sqrt(trace(A).itemSync() / i / (trace(G).itemSync() / o)) : 1;
          const wanted = kronecker(
            add(G, scale(eye(o, f64), Math.sqrt(damping) / pi)),
            add(A, scale(eye(i, f64), Math.sqrt(damping) * pi)),
          );
          expect(kroneckerSolve(cholesky(GD), cholesky(AD), V)).toBeAllclose(denseSolve(toDense(wanted), V), { rtol });
        }
      });
    },
  );

  it.each([0.01, 1])("T24: exact, in the joint eigenbasis, equals the dense inverse of G ⊗ A + λI", (damping) => {
    property(({ G, A, V, n }) => {
      const dense = add(toDense(kronecker(G, A)), scale(eye(n, f64), damping));
      expect(kroneckerEigenSolve(eigh(G), eigh(A), damping, V)).toBeAllclose(denseSolve(dense, V), { rtol });
    });
  });
});

describe("scalars of the product", () => {
  it("T25: trace, log determinant and Frobenius norm are the dense matrix's", () => {
    property(({ G, A }) => {
      const dense = toDense(kronecker(G, A));
      const norm = Math.hypot(...dense.dataSync());
      expect(kroneckerTrace(G, A)).toBeAllclose(trace(dense), { rtol });
      expect(kroneckerNorm(G, A)).toBeAllclose(norm, { rtol });
      expect(kroneckerLogDet(cholesky(G), cholesky(A))).toBeAllclose(logDet(cholesky(dense)), { rtol, atol: 1e-11 });
    });
  });
});
