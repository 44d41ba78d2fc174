/**
 * Series behind float32 functions of GPUs, whose languages give exp, log and tanh too roughly: one table for WGSL and GLSL,
 * which write arithmetic alike. (The `wasm` backend has its own, in fewer terms: it pays for each.)
 */

/** Coefficients from the constant on. */
export const series = {
  /** eʳ for |r| ≤ ½ log 2 */
  exp: [1, 1, 0.5, 0.16666667, 0.041666668, 0.0083333333, 0.0013888889],
  /** (eˣ − 1)/x for |x| < ½ */
  expm1: [1, 0.5, 0.16666667, 0.041666668, 0.0083333333, 0.0013888889, 0.0001984127, 2.4801587e-5],
  /** atanh(s)/s in s², with s = x/(2 + x): then log(1 + x) = 2 atanh(s) */
  atanh: [1, 0.33333333, 0.2, 0.14285714, 0.11111111, 0.09090909, 0.07692308],
  /** erf(x)/x · √π/2 in x², for |x| < 1 (Abramowitz & Stegun 7.1.6) */
  erf: [
    1, -0.33333333, 0.1, -0.023809524, 0.0046296296, -0.00075757576, 0.00010683761, -1.3227513e-5, 1.4589169e-6,
    -1.450385e-7,
  ],
  /** (1 − erf(x)) e^(x²)/t in t = 1/(1 + 0.3275911 x), beyond (Abramowitz & Stegun 7.1.26) */
  erfTail: [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429],
} as const;

/** A polynomial in `x` as text of a shader, by Horner's rule. */
export function horner(x: string, [first = 0, ...rest]: readonly number[]): string {
  const number = Number.isInteger(first) ? first.toFixed(1) : String(first);
  return rest.length === 0 ? number : `${number} + ${x} * (${horner(x, rest)})`;
}
