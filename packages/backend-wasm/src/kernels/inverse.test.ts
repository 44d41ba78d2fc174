import { cholesky, choleskyInverse, dampedInverse } from "@kronograd/linalg";
import {
  cpu,
  createDevice,
  type Device,
  matmul,
  mul,
  NumericalError,
  Rng,
  type Sample,
  scope,
  sum,
  type Tensor,
  tensor,
  transpose,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { agree, errorOf, guarded, guardedPlain } from "../../testing/agree.ts";

const sample = (n: number): Sample<unknown> => ({
  inputs: [{ shape: [n, n], structure: "spd" }],
  params: { damping: 0.5 },
});

/** X Xᵀ/n + εI, whose condition is about 4/ε, with some elements changed. */
function gram(
  n: number,
  device: Device,
  epsilon = 1,
  changes: readonly (readonly [number, number, number])[] = [],
): Tensor {
  const rng = new Rng(n);
  const X = Float64Array.from({ length: n * n }, () => rng.normal());
  const values = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += X[i * n + k]! * X[j * n + k]!;
      values[i * n + j] = values[j * n + i] = sum / n + (i === j ? epsilon : 0);
    }
  }
  for (const [row, column, value] of changes) values[row * n + column] = value;
  return tensor(values, { shape: [n, n], device });
}

describe("dampedInverse", () => {
  it("agrees for ragged sizes, 0 and 1, around blocks, in any layout", async () => {
    await agree("dampedInverse", (rng) => sample(rng.integer(41)), { runs: 40 });
    await agree("dampedInverse", (rng) => sample(rng.integer(41)), { runs: 10, device: guardedPlain });
    for (const n of [15, 16, 17, 32, 63, 64, 65, 97, 129]) await agree("dampedInverse", () => sample(n), { runs: 1 });
  });

  it("reads the lower triangle only, leaves A as it is, and is exactly symmetric", () => {
    scope(() => {
      const n = 100;
      const A = gram(n, guarded);
      const values = A.dataSync();
      for (let i = 0; i < n; i++) values.fill(Number.NaN, i * n + i + 1, (i + 1) * n);
      const half = tensor(values, { shape: [n, n], device: guarded });
      const inverse = dampedInverse(half, 0).dataSync();
      expect(inverse).toEqual(dampedInverse(A, 0).dataSync());
      expect(half.dataSync()).toEqual(values);
      expect(inverse.every((value: number, i: number) => value === inverse[(i % n) * n + Math.floor(i / n)])).toBe(
        true,
      );
    });
  });

  it("is as good as Cholesky's inverse where the condition is 10⁹", () => {
    scope(() => {
      const n = 90;
      const A = gram(n, guarded, 4e-9);
      const residual = (inverse: Tensor) =>
        Math.max(
          ...matmul(A, inverse)
            .dataSync()
            .map((value: number, i: number) => Math.abs(value - Number(i % (n + 1) === 0))),
        );
      expect(residual(dampedInverse(A, 0))).toBeLessThan(10 * residual(choleskyInverse(cholesky(A))));
    });
  });

  it("is positive or refused where rounding has the last word: X Xᵀ of rank n − 2, up to 10¹² times the damping", () => {
    const counts = () => ({ ...guarded.coverage.get("dampedInverse")! });
    const before = counts();
    for (const n of [5, 20, 70]) {
      for (let exponent = 4; exponent <= 12; exponent++) {
        scope(() => {
          const rng = new Rng(exponent);
          const normal = (columns: number) =>
            tensor(
              Float64Array.from({ length: n * columns }, () => rng.normal()),
              {
                shape: [n, columns],
                device: guarded,
              },
            );
          const X = normal(n - 2);
          const A = matmul(X, transpose(X));
          try {
            const inverse = dampedInverse(mul(A, 10 ** exponent), 1);
            const V = matmul(A, normal(50)); // in the span of X, where the inverse is smallest
            expect(Math.min(...sum(mul(V, matmul(inverse, V)), 0).dataSync()), `10^${exponent}`).toBeGreaterThan(0);
          } catch (error) {
            if (!(error instanceof NumericalError)) throw error;
          }
        });
      }
    }
    const after = counts();
    expect(after.referenceInKernel).toBeGreaterThan(before.referenceInKernel); // and is counted
    expect(after.reference).toBe(before.reference);
  });

  it("a strict device inverts a matrix that a plain one inverts, however dependent its rows are", async () => {
    const [strict, plain] = await Promise.all([createDevice("wasm", { strict: true }), createDevice("wasm")]);
    const [got, want] = [strict, plain].map((device) =>
      scope(() => dampedInverse(tensor([1e4, 1e4, 1e4, 1e4], { shape: [2, 2], device }), 1e-3).dataSync()),
    );
    expect(got).toEqual(want);
    expect(strict.coverage.get("dampedInverse")).toEqual({ kernel: 0, reference: 0, referenceInKernel: 1 });
  });

  it("names the pivot as the reference does, wherever it is", () => {
    const cases: [number, number, number, number][] = [
      [1, 0, 0, 0],
      [3, 2, 2, -5],
      [33, 32, 32, -1],
      [70, 66, 66, -5],
      [100, 64, 64, Number.POSITIVE_INFINITY],
      [100, 99, 3, Number.NaN],
    ];
    for (const [n, row, column, value] of cases) {
      scope(() => {
        const [got, want] = [guarded, cpu].map((device) =>
          errorOf(() => dampedInverse(gram(n, device, 1, [[row, column, value]]), n === 1 ? 0 : 1e-3)),
        ) as [NumericalError, NumericalError];
        expect(got.message).toBe(want.message);
        expect(got.details).toEqual(want.details);
      });
    }
    expect(guarded.memory.buffers).toBe(0);
  });
});
