import { erf, exp, expm1, log, log1p, scope, sigmoid, softplus, type Tensor, tanh, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { guarded, guardedPlain } from "../../testing/agree.ts";

/** Every function with the whole range in which its result is neither constant nor infinite. */
const functions: readonly { f: (x: Tensor) => Tensor; name: string; low: number; high: number; ulps: number }[] = [
  { name: "exp", f: exp, low: -87, high: 88, ulps: 2 },
  { name: "expm1", f: expm1, low: -17, high: 88, ulps: 3 },
  { name: "log", f: log, low: 1e-30, high: 4, ulps: 2 },
  { name: "log1p", f: log1p, low: -0.99, high: 9, ulps: 3 },
  { name: "tanh", f: tanh, low: -9, high: 9, ulps: 3 },
  { name: "sigmoid", f: sigmoid, low: -80, high: 17, ulps: 3 },
  { name: "softplus", f: softplus, low: -80, high: 17, ulps: 3 },
  { name: "erf", f: erf, low: -4, high: 4, ulps: 2 },
];

/** Evenly spread values, and small ones of all magnitudes on both sides of 0. */
function samples(low: number, high: number): Float32Array {
  const even = Array.from({ length: 20_001 }, (_, i) => low + ((high - low) * i) / 20_000);
  const small = Array.from({ length: 400 }, (_, i) => 2 ** (-i / 8));
  return Float32Array.from([...even, ...small, ...small.map((x) => -x)].filter((x) => x >= low && x <= high));
}

/** The distance between a float32 and its neighbour. */
const ulp = (x: number) => 2 ** (Math.floor(Math.log2(Math.abs(x))) - 23);

function worst(values: ArrayLike<number>, exact: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const want = exact[i]!;
    if (Math.abs(want) > 2 ** -126) most = Math.max(most, Math.abs(values[i]! - want) / ulp(want));
    else expect(Math.abs(values[i]! - want)).toBeLessThan(2 ** -126);
  }
  return most;
}

describe("float32 functions", () => {
  it.each(functions)("$name errs by at most $ulps units of the last place", ({ f, low, high, ulps }) => {
    const x = samples(low, high);
    scope(() => {
      const exact = f(tensor(Float64Array.from(x))).dataSync();
      expect(worst(f(tensor(x, { device: guarded })).dataSync(), exact)).toBeLessThanOrEqual(ulps);
      // without fused multiply-add one rounding more in each step of a polynomial
      expect(worst(f(tensor(x, { device: guardedPlain })).dataSync(), exact)).toBeLessThanOrEqual(ulps + 1);
    });
  });

  it.each(functions)("$name has the special values of Math", ({ f }) => {
    const x = Float32Array.of(Number.NaN, Infinity, -Infinity, 0, -0, 1e38, -1e38, 1e-40, -1e-40, -1, -2, 89, -110, 1);
    scope(() => {
      const exact = f(tensor(Float64Array.from(x))).dataSync();
      const values = f(tensor(x, { device: guarded })).dataSync();
      for (let i = 0; i < x.length; i++) {
        const want = Math.fround(exact[i]!);
        if (Number.isFinite(want) && want !== 0)
          expect(Math.abs(values[i]! - want)).toBeLessThanOrEqual(4 * Math.max(ulp(want), 2 ** -149));
        else expect(values[i]! + 0, `f(${x[i]})`).toBe(want + 0);
      }
    });
  });

  it("exp passes through the denormals", () => {
    scope(() => {
      const [value] = exp(tensor([-100], { device: guarded })).dataSync();
      expect(value! / Math.exp(-100)).toBeCloseTo(1, 1);
    });
  });
});
