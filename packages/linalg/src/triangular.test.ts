import {
  eye,
  matmul,
  NumericalError,
  normal,
  Rng,
  ShapeError,
  slice,
  type Tensor,
  tensor,
  transpose,
  tril,
  triu,
} from "@kronograd/tensor";
import { checkGradients } from "@kronograd/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { solveTriangular } from "./triangular.ts";

const f64 = { dtype: "float64" } as const;
const flags = { lower: fc.boolean(), transpose: fc.boolean(), unitDiagonal: fc.boolean() };
/** Unit triangular matrices of size 12 with elements up to 1/2 have condition numbers under 1e4. */
const rtol = 1e-11;

/** Elements in ±1/2, diagonal near 2; both triangles are filled. */
function filled(n: number, rng: Rng): Tensor {
  return tensor(
    Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 2 : 0) + rng.uniform() - 0.5),
    { shape: [n, n] },
  );
}

describe("solveTriangular", () => {
  it("solves op(T) X = B for each triangle, transposed or not, with its diagonal or ones", () => {
    fc.assert(
      fc.property(
        fc.record(flags),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 6 }),
        fc.nat(),
        (options, n, k, seed) => {
          const rng = new Rng(seed);
          const full = filled(n, rng);
          const B = normal(rng, [n, k], f64);
          const { lower, unitDiagonal } = options;
          const values = (lower ? tril(full) : triu(full)).dataSync();
          if (unitDiagonal) for (let i = 0; i < n; i++) values[i * (n + 1)] = 1;
          const T = tensor(values, { shape: [n, n] });
          const X = solveTriangular(full, B, options);
          expect(matmul(options.transpose ? transpose(T) : T, X)).toBeAllclose(B, { rtol });
        },
      ),
      { numRuns: 60, seed: 0 },
    );
  });

  it("equals substitution by hand", () => {
    const T = tensor([[2, Number.NaN], [1, 4]], f64); // biome-ignore format: a matrix
    expect(solveTriangular(T, tensor([[2], [5]], f64))).toBeAllclose([[1], [1]], { rtol: 0 });
  });

  it("reads strided views of T and B", () => {
    const rng = new Rng(1);
    const T = filled(5, rng);
    const B = normal(rng, [5, 3], f64);
    const wide = slice(normal(rng, [10, 6], f64), [[9, undefined, -2], [0, 6, 2]]); // biome-ignore format: one range an axis
    expect(solveTriangular(transpose(T), B, { lower: false })).toBeAllclose(
      solveTriangular(T, B, { transpose: true }),
      { rtol: 0 },
    );
    expect(matmul(tril(T), solveTriangular(T, wide))).toBeAllclose(wide, { rtol });
  });

  it("has derivatives of first and second order in T and B, in every case", () => {
    const rng = new Rng(6);
    const [T, B] = [filled(5, rng), normal(rng, [5, 2], f64)];
    for (const lower of [true, false]) {
      for (const transpose of [true, false]) {
        for (const unitDiagonal of [true, false]) {
          checkGradients((t, b) => solveTriangular(t, b, { lower, transpose, unitDiagonal }), [T, B], { order: 2 });
        }
      }
    }
  });

  it("accepts no rows and no right-hand sides", () => {
    const none = tensor(new Float64Array(0), { shape: [3, 0] });
    expect(solveTriangular(eye(3, f64), none).shape).toEqual([3, 0]);
    const empty = tensor(new Float64Array(0), { shape: [0, 0] });
    expect(solveTriangular(empty, empty).shape).toEqual([0, 0]);
  });

  it("throws NumericalError naming a diagonal element that is 0 or NaN, counted from the top in every case", () => {
    const T = tensor([[1, 1, 1], [1, 0, 1], [1, 1, 1]], f64); // biome-ignore format: a matrix
    for (const lower of [true, false]) {
      for (const transpose of [true, false]) {
        expect(() => solveTriangular(T, eye(3, f64), { lower, transpose })).toThrow(NumericalError);
        expect(() => solveTriangular(T, eye(3, f64), { lower, transpose })).toThrow("diagonal 1 is 0, matrix [3, 3]");
      }
    }
    const first = tensor([[Number.NaN, 0], [0, 1]], f64); // biome-ignore format: a matrix
    expect(() => solveTriangular(first, eye(2, f64), { lower: false })).toThrow("diagonal 0 is NaN");
    expect(solveTriangular(T, eye(3, f64), { unitDiagonal: true }).shape).toEqual([3, 3]);
  });

  it("throws ShapeError when T is not square or B has another row count", () => {
    expect(() => solveTriangular(tensor([[1, 2]]), eye(1))).toThrow("T must be square (expected [n, n], got [1, 2])");
    expect(() => solveTriangular(eye(2), eye(3))).toThrow(ShapeError);
  });
});
