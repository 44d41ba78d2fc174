import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { type IllConditionedRegression, illConditionedRegression } from "./ill-conditioned.ts";

const rng = new Rng(0);
const rounding = 1e-12; // sums of 200 products of numbers of order 1 in float64

/** Targets minus the optimum's predictions [count, out]. */
function residuals(
  { optimum, inputShape, targetShape }: IllConditionedRegression,
  split: IllConditionedRegression["train"],
) {
  const [d, out] = [inputShape[0]!, targetShape[0]!];
  return Array.from(split.targets.values, (target, i) => {
    const row = Array.from(split.inputs.values).slice(Math.floor(i / out) * d, (Math.floor(i / out) + 1) * d);
    return target - row.reduce((sum, x, j) => sum + optimum.weight[(i % out) * d + j]! * x, optimum.bias[i % out]!);
  });
}

describe("illConditionedRegression", () => {
  const set = illConditionedRegression({ rng, inputs: 6, outputs: 2, conditionNumber: 1e5, noise: 0.3, train: 200 });
  const inputs = Array.from(set.train.inputs.values);
  const column = (j: number) => inputs.filter((_, i) => i % 6 === j);
  const covariance = Array.from({ length: 6 }, (_, i) =>
    Array.from({ length: 6 }, (_, j) => column(i).reduce((sum, x, row) => sum + (x * column(j)[row]!) / 200, 0)),
  );

  it("has the eigenvalues that it exposes, from 1 to 1/κ, and centred inputs", () => {
    expect(set.eigenvalues[0]).toBe(1);
    expect(set.eigenvalues[5]).toBeCloseTo(1e-5, 17);
    // The power sums tr Cᵏ determine the spectrum; the smallest eigenvalue is seen through tr C⁻¹ below.
    let power = covariance;
    for (let k = 1; k <= 5; k++) {
      const trace = power.reduce((sum, row, i) => sum + row[i]!, 0);
      expect(Math.abs(trace - set.eigenvalues.reduce((sum, value) => sum + value ** k, 0))).toBeLessThan(rounding);
      power = power.map((row) => row.map((_, j) => row.reduce((sum, x, l) => sum + x * covariance[l]![j]!, 0)));
    }
    for (let j = 0; j < 6; j++) expect(Math.abs(column(j).reduce((sum, x) => sum + x, 0))).toBeLessThan(rounding);
  });

  it("has the determinant of its eigenvalues", () => {
    const m = covariance.map((row) => [...row]);
    let determinant = 1;
    for (let k = 0; k < 6; k++) {
      determinant *= m[k]![k]!;
      for (let i = k + 1; i < 6; i++) for (let j = 5; j >= k; j--) m[i]![j]! -= (m[i]![k]! / m[k]![k]!) * m[k]![j]!;
    }
    const expected = set.eigenvalues.reduce((product, value) => product * value, 1);
    expect(Math.abs(determinant / expected - 1)).toBeLessThan(1e-9); // rounding times κ
  });

  it("has its optimum where the gradient vanishes, with the loss it exposes", () => {
    const r = residuals(set, set.train); // [200, 2]
    for (const out of [0, 1]) {
      const own = r.filter((_, i) => i % 2 === out);
      expect(Math.abs(own.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-11);
      for (let j = 0; j < 6; j++) {
        expect(Math.abs(own.reduce((sum, value, row) => sum + value * column(j)[row]!, 0))).toBeLessThan(1e-11);
      }
    }
    const loss = r.reduce((sum, value) => sum + value * value, 0) / r.length;
    expect(loss).toBeCloseTo(set.optimum.loss, 14);
    expect(set.optimum.loss).toBeCloseTo(0.09, 15);
  });

  it("fits exactly without noise, on test rows too", () => {
    const exact = illConditionedRegression({ rng, inputs: 3, train: 20, test: 20 });
    for (const split of [exact.train, exact.test]) {
      expect(Math.max(...residuals(exact, split).map(Math.abs))).toBeLessThan(rounding);
    }
    expect(exact.optimum.loss).toBe(0);
  });

  it("throws UsageError for a condition number below 1 and for too few rows", () => {
    expect(() => illConditionedRegression({ rng, conditionNumber: 0.5 })).toThrow(
      expect.objectContaining({ name: "UsageError" }),
    );
    expect(() => illConditionedRegression({ rng, inputs: 5, outputs: 2, train: 7 })).toThrow(
      expect.objectContaining({ name: "UsageError", got: 7 }),
    );
    expect(illConditionedRegression({ rng, inputs: 5, outputs: 2, train: 8, noise: 1 }).train.count).toBe(8);
  });
});
