import { cholesky, choleskyInverse, solveTriangular } from "@kronograd/linalg";
import {
  cpu,
  type Device,
  eye,
  matmul,
  type NumericalError,
  Rng,
  type Sample,
  scope,
  type Tensor,
  tensor,
  transpose,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { agree, errorOf, guarded, guardedPlain } from "../../testing/agree.ts";

/** Sizes that cut vectors, strips of 16 and blocks of 32 at every place, 0 and 1 among them. */
const size = (rng: Rng, most: number) => (rng.integer(5) === 0 ? rng.integer(2) : 1 + rng.integer(most));
const flag = (rng: Rng) => rng.integer(2) === 1;

const spd =
  (most: number) =>
  (rng: Rng): Sample<unknown> => {
    const n = size(rng, most);
    return { inputs: [{ shape: [n, n], structure: "spd" }], params: {} };
  };

const triangle =
  (most: number, columns: number) =>
  (rng: Rng): Sample<unknown> => {
    const n = size(rng, most);
    return {
      inputs: [{ shape: [n, n], structure: "dominant" }, { shape: [n, size(rng, columns)] }],
      // a diagonal of ones does not outweigh its row: the solution grows like 2ⁿ, and its error with it
      params: { lower: flag(rng), transpose: flag(rng), unitDiagonal: n < 9 && flag(rng) },
    };
  };

const random = (shape: readonly [number, number], device: Device, scaling = 1, seed = 1): Tensor => {
  const rng = new Rng(seed);
  const values = Float64Array.from({ length: shape[0] * shape[1] }, () => scaling * rng.normal());
  return tensor(values, { shape, device });
};

/** n·I plus a random symmetric matrix, with some elements changed. */
const symmetric = (n: number, device: Device, changes: readonly (readonly [number, number, number])[] = []): Tensor => {
  const values = random([n, n], device).dataSync() as Float64Array;
  for (let i = 0; i < n; i++) {
    values[i * n + i] = 4 * n;
    for (let j = 0; j < i; j++) values[j * n + i] = values[i * n + j]!;
  }
  for (const [row, column, value] of changes) values[row * n + column] = value;
  return tensor(values, { shape: [n, n], device });
};

describe("cholesky", () => {
  it("agrees for ragged sizes, 0 and 1, in any layout", async () => {
    await agree("cholesky", spd(40), { runs: 40 });
    await agree("cholesky", spd(40), { runs: 10, device: guardedPlain });
  });

  it("agrees around blocks and halves", async () => {
    for (const n of [32, 63, 64, 65, 96, 97, 129, 200]) {
      await agree("cholesky", () => ({ inputs: [{ shape: [n, n], structure: "spd" }], params: {} }), { runs: 1 });
    }
  });

  it("reads the lower triangle only", () => {
    scope(() => {
      const n = 70;
      const whole = symmetric(n, guarded);
      const values = whole.dataSync();
      for (let i = 0; i < n; i++) values.fill(Number.NaN, i * n + i + 1, (i + 1) * n);
      const half = tensor(values, { shape: [n, n], device: guarded });
      expect(cholesky(half).dataSync()).toEqual(cholesky(whole).dataSync());
      expect(half.dataSync()).toEqual(values);
    });
  });

  it("names the pivot as the reference does, wherever it is", () => {
    const cases: [number, number, number, number][] = [
      [1, 0, 0, 0],
      [3, 2, 2, -5],
      [33, 32, 32, -1],
      [100, 70, 70, 1e-9],
      [100, 64, 64, Number.POSITIVE_INFINITY],
      [100, 99, 3, Number.NaN],
    ];
    for (const [n, row, column, value] of cases) {
      scope(() => {
        const [got, want] = [guarded, cpu].map((device) =>
          errorOf(() => cholesky(symmetric(n, device, [[row, column, value]]))),
        ) as [NumericalError, NumericalError];
        expect(got.message).toBe(want.message);
        expect(got.details).toEqual(want.details);
      });
    }
    expect(guarded.memory.buffers).toBe(0);
  });
});

describe("solveTriangular", () => {
  it("agrees in all eight cases, for ragged sizes, 0 and 1, in any layout", async () => {
    await agree("solveTriangular", triangle(30, 40), { runs: 80 });
    await agree("solveTriangular", triangle(30, 40), { runs: 16, device: guardedPlain });
  });

  it("agrees around blocks, halves and strips of columns", async () => {
    for (const n of [33, 64, 65, 97, 140]) await agree("solveTriangular", triangle(n, 70), { runs: 6, seed: n });
  });

  it("takes a diagonal of ones without reading it", () => {
    scope(() => {
      const [n, k] = [80, 5];
      const values = random([n, n], guarded, 0.1).dataSync();
      const ones = Float64Array.from(values);
      for (let i = 0; i < n; i++) {
        values[i * (n + 1)] = Number.NaN;
        ones[i * (n + 1)] = 1;
      }
      const B = random([n, k], guarded, 1, 2);
      const [T, U] = [values, ones].map((data) => tensor(data, { shape: [n, n], device: guarded })) as [Tensor, Tensor];
      const got = solveTriangular(T, B, { unitDiagonal: true }).dataSync();
      expect(got).toEqual(solveTriangular(U, B).dataSync());
    });
  });

  it("skips the zeros that an identity's columns start with, and leaves +0 there", () => {
    scope(() => {
      const n = 90;
      const A = symmetric(n, guarded);
      const L = cholesky(A);
      const identity = eye(n, { dtype: "float64", device: guarded });
      const inverse = solveTriangular(L, identity);
      const above = inverse.dataSync().filter((_: number, i: number) => i % n > Math.floor(i / n));
      expect(above.every((value: number) => Object.is(value, 0))).toBe(true);
      // condition numbers are below 3, so errors are a few roundings
      const distance = (product: Tensor) =>
        Math.max(...product.dataSync().map((value: number, i: number) => Math.abs(value - Number(i % (n + 1) === 0))));
      expect(distance(matmul(L, inverse))).toBeLessThan(1e-14);
      expect(distance(matmul(transpose(L), solveTriangular(L, identity, { transpose: true })))).toBeLessThan(1e-14);
      expect(distance(matmul(A, choleskyInverse(L)))).toBeLessThan(1e-14);
    });
  });

  it("keeps a NaN of B in its column, from its row on", () => {
    scope(() => {
      const [n, k, row, column] = [70, 20, 37, 4];
      const values = random([n, k], guarded).dataSync();
      values[row * k + column] = Number.NaN;
      const B = tensor(values, { shape: [n, k], device: guarded });
      const X = solveTriangular(symmetric(n, guarded), B).dataSync();
      const wrong = X.findIndex((x: number, i: number) => Number.isNaN(x) !== (i % k === column && i >= row * k));
      expect(wrong).toBe(-1);
    });
  });

  it("names a diagonal element that is 0 or NaN as the reference does", () => {
    for (const value of [0, Number.NaN]) {
      for (const transpose of [false, true]) {
        scope(() => {
          const [got, want] = [guarded, cpu].map((device) =>
            errorOf(() =>
              solveTriangular(symmetric(40, device, [[33, 33, value]]), random([40, 2], device), { transpose }),
            ),
          ) as [NumericalError, NumericalError];
          expect(got.message).toBe(want.message);
          expect(got.details).toEqual(want.details);
        });
      }
    }
    expect(guarded.memory.buffers).toBe(0);
  });
});
