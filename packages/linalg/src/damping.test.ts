import { add, eye, full, matmul, normal, Rng, scale, type Tensor, transpose } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { cholesky, choleskyInverse } from "./cholesky.ts";
import { damped, splitDamping } from "./damping.ts";
import { kronecker } from "./kronecker.ts";
import { toDense } from "./operator.ts";

const float64 = { dtype: "float64" } as const;
const spd = (seed: number, n: number): Tensor => {
  const X = normal(new Rng(seed), [n, n], float64);
  return matmul(X, transpose(X));
};
const number = (value: number) => full([], value, float64);
const traces = { traceA: number(12), dimA: 3, traceG: number(0.5), dimG: 2 };

describe("damped", () => {
  it("adds to the diagonal alone", () => {
    expect(damped(full([2, 2], 3, float64), 0.5)).toBeAllclose([
      [3.5, 3],
      [3, 3.5],
    ]);
  });
});

describe("splitDamping", () => {
  it("gives π√λ to A and √λ/π to G, π = √(mean eigenvalue of A / of G)", () => {
    const { A, G, pi } = splitDamping(0.04, traces, true);
    expect(pi).toBe(4); // √(4 / 0.25)
    expect(A).toBeCloseTo(0.8, 14);
    expect(G).toBeCloseTo(0.05, 14);
  });

  it("gives √λ to both where it is not balanced, and where a side is zero", () => {
    expect(splitDamping(0.04, traces, false)).toEqual({ A: 0.2, G: 0.2, pi: 1 });
    expect(splitDamping(0.04, { ...traces, traceG: number(0) }, true)).toEqual({ A: 0.2, G: 0.2, pi: 1 });
  });

  it("T24: is the block plus λI plus the cross terms π√λ G ⊗ I and √λ/π I ⊗ A", () => {
    const [A, G, I, J] = [spd(1, 3), spd(2, 2), eye(3, float64), eye(2, float64)];
    const share = splitDamping(0.3, { ...traces, traceA: number(5), traceG: number(1) }, true);
    const product = (left: Tensor, right: Tensor) => toDense(kronecker(left, right));
    const split = product(damped(G, Number(share.G)), damped(A, Number(share.A)));
    const expanded = [
      product(G, A),
      scale(product(G, I), Number(share.A)),
      scale(product(J, A), Number(share.G)),
      scale(product(J, I), 0.3),
    ];
    expect(split).toBeAllclose(expanded.reduce(add));
    const inverse = (M: Tensor) => choleskyInverse(cholesky(M));
    expect(inverse(split)).toBeAllclose(
      product(inverse(damped(G, Number(share.G))), inverse(damped(A, Number(share.A)))),
    );
  });

  it("makes the damping commute with moving a number from one factor to the other", () => {
    const before = splitDamping(0.1, { traceA: number(5), dimA: 2, traceG: number(0.5), dimG: 1 }, true);
    const after = splitDamping(0.1, { traceA: number(35), dimA: 2, traceG: number(0.5 / 7), dimG: 1 }, true);
    expect(Number(after.A) / 7).toBeCloseTo(Number(before.A), 14); // 7A and G/7 have the same product
    expect(Number(after.G) * 7).toBeCloseTo(Number(before.G), 14);
  });

  it("leaves a trace that is no number, and one below 0, to the factorisation", () => {
    for (const wrong of [Number.NaN, -1])
      expect(splitDamping(0.04, { ...traces, traceA: number(wrong) }, true)).toEqual({ A: 0.2, G: 0.2, pi: 1 });
  });

  it("balances traces whose ratio no float holds", () => {
    const share = splitDamping(0.04, { ...traces, traceA: number(12e200), traceG: number(0.5e-200) }, true);
    expect(Number(share.pi) / 4e200).toBeCloseTo(1, 12);
    expect(Number(share.A) * Number(share.G)).toBeCloseTo(0.04, 12);
  });

  it("balances float32 traces of any size", () => {
    for (const size of [1e-30, 1e30]) {
      const tiny = (value: number) => full([], value * size, { dtype: "float32" });
      const { pi } = splitDamping(0.04, { ...traces, traceA: tiny(12), traceG: tiny(0.5) }, true);
      expect(pi).toBeCloseTo(4, 5);
    }
  });
});
