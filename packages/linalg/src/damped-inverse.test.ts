import { add, eye, matmul, NumericalError, normal, Rng, scale, tensor, transpose } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { cholesky, choleskyInverse } from "./cholesky.ts";
import { dampedInverse } from "./damped-inverse.ts";

const f64 = { dtype: "float64" } as const;

/** M Mᵀ of a random M. */
function spd(n: number, seed = 0) {
  const M = normal(new Rng(seed), [n, n], f64);
  return matmul(M, transpose(M));
}

describe("dampedInverse", () => {
  it("inverts a matrix by hand", () => {
    expect(dampedInverse(tensor([[3, 2], [2, 3]], f64), 1)).toBeAllclose([[1 / 3, -1 / 6], [-1 / 6, 1 / 3]]); // biome-ignore format: matrices
  });

  it.each([1, 16, 17, 40])("is what cholesky and choleskyInverse give for n = %d", (n) => {
    const A = spd(n, n);
    const want = choleskyInverse(cholesky(add(A, scale(eye(n, f64), 0.3))));
    expect(dampedInverse(A, 0.3)).toBeAllclose(want, { rtol: 1e-10, atol: 1e-12 });
  });

  it("reads the lower triangle only and is exactly symmetric", () => {
    const A = spd(5);
    const values = A.dataSync();
    for (let i = 0; i < 5; i++) values.fill(Number.NaN, i * 5 + i + 1, (i + 1) * 5);
    const inverse = dampedInverse(tensor(values, { shape: [5, 5] }), 0.1);
    expect(inverse.dataSync()).toEqual(dampedInverse(A, 0.1).dataSync());
    expect(transpose(inverse).dataSync()).toEqual(inverse.dataSync());
  });

  it("takes a damping that is on the device", () => {
    const A = spd(4);
    expect(dampedInverse(A, tensor(0.3, f64)).dataSync()).toEqual(dampedInverse(A, 0.3).dataSync());
    expect(() => dampedInverse(A, tensor([0.3], f64))).toThrow(/μ/);
  });

  it("computes float32 in float64 and rounds once", () => {
    const A = tensor([[1, 0.9999], [0.9999, 1]]); // biome-ignore format: a matrix
    const wide = tensor(Float64Array.from(A.dataSync()), { shape: [2, 2] });
    expect(dampedInverse(A, 1e-6).dataSync()).toEqual(Float32Array.from(dampedInverse(wide, 1e-6).dataSync()));
  });

  it("names the pivot that is not positive", () => {
    const singular = tensor([[1, 1], [1, 1]], f64); // biome-ignore format: a matrix
    expect(() => dampedInverse(singular, 0)).toThrow(NumericalError);
    expect(() => dampedInverse(singular, 0)).toThrow(
      "dampedInverse: A + μI is not positive definite (pivot 1 is 0, matrix [2, 2]). Raise damping.",
    );
    expect(() => dampedInverse(tensor([[Number.NaN]]), 1)).toThrow("is not finite");
  });
});
