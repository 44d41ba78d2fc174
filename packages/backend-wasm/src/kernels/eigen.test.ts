import { syrk } from "@kronograd/linalg";
import "@kronograd/optimizers"; // its op symmetricEigen
import {
  cpu,
  type Device,
  dispatch,
  eye,
  full,
  matmul,
  mul,
  NumericalError,
  normal,
  opRegistry,
  Rng,
  reshape,
  scale,
  scope,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { agree, guarded, guardedPlain } from "../../testing/agree.ts";

const eigen = (K: Tensor, largest = K.shape[0] as number) =>
  dispatch(opRegistry.get("symmetricEigen")!, [K], { largest }) as [Tensor, Tensor];

/** X Xᵀ of random X [n, k]. */
const moment = (n: number, k: number, device: Device = guarded, seed = n): Tensor =>
  syrk(normal(new Rng(seed), [n, k], { dtype: "float64", device }));

/** Vᵀ diag(w) V = K, V Vᵀ = I, w ascends; and the vectors of the largest values are the last of all. */
function check(K: Tensor, largest: number): void {
  scope(() => {
    const n = K.shape[0] as number;
    const [w, V] = eigen(K);
    expect(matmul(transpose(V), mul(reshape(w, [n, 1]), V))).toBeAllclose(K, { rtol: 1e-12, atol: 1e-300 });
    expect(matmul(V, transpose(V))).toBeAllclose(eye(n, { dtype: "float64", device: K.device }), {
      rtol: 1e-12,
      atol: 1e-12,
    });
    expect([...w.dataSync()]).toEqual([...w.dataSync()].toSorted((a, b) => a - b));
    const [some, top] = eigen(K, largest);
    expect(some.dataSync()).toEqual(w.dataSync());
    expect(top.dataSync()).toEqual(V.dataSync().slice((n - largest) * n));
  });
}

describe("symmetricEigen", () => {
  it("agrees with the reference in any layout", async () => {
    const sample = (rng: Rng) => {
      const n = rng.integer(9);
      return { inputs: [{ shape: [n, n], structure: "spd" as const }], params: { largest: rng.integer(n + 1) } };
    };
    const tolerances = { float32: { rtol: 1e-4, atol: 1e-4 }, float64: { rtol: 1e-9, atol: 1e-9 } }; // vectors by gaps
    await agree("symmetricEigen", sample, { runs: 40, tolerances });
    await agree("symmetricEigen", sample, { runs: 10, tolerances, device: guardedPlain });
  });

  it("rebuilds the matrix from orthonormal rows for sizes that cut strips at every place", () =>
    scope(() => {
      for (const n of [1, 2, 3, 15, 16, 17, 18, 33, 66, 101, 160]) check(moment(n, n), Math.ceil(n / 3));
      for (const n of [7, 32]) check(moment(n, n, guardedPlain), 2);
    }));

  it("takes low rank, repeated eigenvalues, zeros, diagonals, large and small units", () =>
    scope(() => {
      const on = { dtype: "float64", device: guarded } as const;
      check(moment(40, 3), 5);
      check(eye(21, on), 20);
      check(zeros([8, 8], on), 1);
      check(full([30, 30], 1, on), 30);
      check(tensor([[3, 0, 0], [0, -2, 0], [0, 0, 1]], on), 2); // biome-ignore format: a matrix
      for (const unit of [1e-200, 1e200]) check(scale(moment(9, 9), unit), 3);
    }));

  it("names what is not finite as the reference does", () => {
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      const [got, want] = [guarded, cpu].map((device) =>
        scope(() => {
          const values = moment(20, 20, device).dataSync() as Float64Array;
          values[7 * 20 + 3] = value;
          try {
            eigen(tensor(values, { shape: [20, 20], device }));
          } catch (error) {
            return error as NumericalError;
          }
          return null;
        }),
      );
      expect(got).toBeInstanceOf(NumericalError);
      expect(got!.message).toBe(want!.message);
    }
    expect(guarded.memory.buffers).toBe(0);
  });
});
