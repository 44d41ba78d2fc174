/**
 * Transcendental functions of four float32 at a time, by range reduction and polynomials.
 *
 * Largest errors, in units of the last place of the result, over dense samples of the whole range: exp 2, expm1 3, log 2,
 * log1p 3, tanh 3, sigmoid 3, softplus 3, erf 2 (a test holds them to it). Special values are those of `Math`: NaN stays NaN,
 * exp overflows to Infinity and underflows through the denormals to 0, log 0 is −Infinity and log of a negative number NaN.
 *
 * Sources: the polynomials of exp and log are Cephes' (S. Moshier, expf.c and logf.c), that of erf is N. Juffa's; the rest are
 * identities that lose no digits, noted beside them.
 */

import { type Code, int, type Local } from "../engine/assembler.ts";
import { f32x4, i32x4, v128 } from "../engine/lanes.ts";
import type { Words } from "./expression.ts";
import type { Writer } from "./writer.ts";

const { add, sub, mul, div, abs, less, greater, equal } = f32x4;

/** Horner's rule; coefficients from the highest power. */
function polynomial(w: Writer, x: Local, [first, ...rest]: readonly number[]): Local {
  return horner(w, x, w.number(first!), rest);
}

function horner(w: Writer, x: Local, start: Local, coefficients: readonly number[]): Local {
  return coefficients.reduce((sum, c) => w.keep(w.multiplyAdd(sum, x, w.number(c))), start);
}

/**
 * eˣ = (1 + q) 2ⁿ, with 2ⁿ as two factors, because n may lie outside the exponents of normal numbers.
 *
 * Added to 1.5 · 2²³ a number loses its fraction, and the sum's last bits are an integer: with 254, n and twice the bias of an
 * exponent. So neither rounding nor conversion, which takes care of NaN, is an instruction of its own.
 */
function reduced(w: Writer, x: Code): { q: Local; low: Local; high: Local } {
  // pmin and pmax in this order keep NaN; beyond these bounds eˣ is ∞ or 0 anyway
  const bounded = w.keep(f32x4.pmax(f32x4.pmin(x, w.number(89)), w.number(-104)));
  const shift = w.number(1.5 * 2 ** 23 + 254);
  const shifted = w.keep(w.multiplyAdd(bounded, w.number(Math.LOG2E), shift));
  const n = w.keep(sub(shifted, shift));
  const coarse = w.keep(w.multiplyAdd(n, w.number(-0.693359375), bounded)); // log 2 in two parts; the first has few bits
  const r = w.keep(w.multiplyAdd(n, w.number(2.1219444e-4), coarse));
  const p = polynomial(w, r, [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5]);
  const q = w.keep(w.multiplyAdd(mul(r, r), p, r));
  const half = w.keep(i32x4.shr(shifted, int(1)));
  const power = (biased: Code) => w.keep(i32x4.shl(biased, int(23)));
  return { q, low: power(half), high: power(i32x4.sub(shifted, half)) };
}

export function exp(w: Writer, x: Code): Local {
  const { q, low, high } = reduced(w, x);
  return w.keep(mul(w.multiplyAdd(q, low, low), high));
}

/** eˣ − 1 = q 2ⁿ + (2ⁿ − 1), for x that does not overflow. */
function smallExpm1(w: Writer, x: Code): Local {
  const { q, low, high } = reduced(w, x);
  const power = w.keep(mul(low, high));
  return w.keep(w.multiplyAdd(q, power, sub(power, w.number(1))));
}

export function expm1(w: Writer, x: Local): Local {
  const small = smallExpm1(w, f32x4.pmin(x, w.number(20)));
  return w.keep(v128.choose(greater(x, w.number(20)), exp(w, x), small));
}

export function log(w: Writer, x: Local): Local {
  const isDenormal = w.keep(less(x, w.number(2 ** -126)));
  const scaled = w.keep(v128.choose(isDenormal, mul(x, w.number(2 ** 23)), x));
  // x = 2ⁿ (1 + m) with 1 + m between √½ and √2
  const n = w.keep(i32x4.shr(i32x4.sub(scaled, w.bits(0x3f3504f3)), int(23)));
  const m = w.keep(sub(i32x4.sub(scaled, i32x4.shl(n, int(23))), w.number(1)));
  const power = w.keep(sub(f32x4.fromInt(n), v128.and(isDenormal, w.number(23))));
  const m2 = w.keep(mul(m, m));
  const p = polynomial(
    w,
    m,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  const tail = w.keep(w.multiplyAdd(power, w.number(-2.1219444e-4), mul(mul(m2, m), p)));
  const small = w.keep(add(m, w.multiplyAdd(m2, w.number(-0.5), tail)));
  const result = w.keep(w.multiplyAdd(power, w.number(0.693359375), small));
  const isUsual = v128.and(greater(x, w.number(0)), less(x, w.number(Number.POSITIVE_INFINITY)));
  const atZero = v128.choose(equal(x, w.number(0)), w.number(Number.NEGATIVE_INFINITY), w.number(Number.NaN));
  return w.keep(v128.choose(isUsual, result, v128.choose(greater(x, w.number(0)), x, atZero)));
}

/** log u + (x − (u − 1))/u with u = 1 + x rounded: the correction is what rounding took. */
export function log1p(w: Writer, x: Local): Local {
  const u = w.keep(add(x, w.number(1)));
  const correction = w.keep(div(sub(x, sub(u, w.number(1))), u));
  return w.keep(add(log(w, u), v128.and(correction, equal(correction, correction)))); // 0 where it is ∞ − ∞ or 0/0
}

/** −t/(t + 2) with t = e^(−2|x|) − 1, and the sign of x. */
export function tanh(w: Writer, x: Local): Local {
  const t = smallExpm1(w, mul(abs(x), w.number(-2)));
  const size = div(f32x4.neg(t), add(t, w.number(2)));
  return w.keep(v128.or(v128.and(x, w.number(-0)), f32x4.abs(size)));
}

/** 1/(1 + t) or t/(1 + t) with t = e^−|x| */
export function sigmoid(w: Writer, x: Local): Local {
  const t = exp(w, f32x4.neg(abs(x)));
  return w.keep(div(v128.choose(less(x, w.number(0)), t, w.number(1)), add(t, w.number(1))));
}

/** max(x, 0) + log(1 + e^−|x|) */
export function softplus(w: Writer, x: Local): Local {
  const t = exp(w, f32x4.neg(abs(x)));
  return w.keep(add(f32x4.max(x, w.number(0)), log1p(w, t)));
}

/** An odd polynomial near 0, 1 − e^P(|x|) beyond. */
export function erf(w: Writer, x: Local): Local {
  const t = w.keep(abs(x));
  const s = w.keep(mul(x, x));
  const near = polynomial(
    w,
    s,
    [-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1],
  );
  const outer = w.keep(w.multiplyAdd(w.number(-1.7285347e-5), t, w.number(3.83197126e-4)));
  const inner = w.keep(w.multiplyAdd(w.number(-3.88396438e-3), t, w.number(2.42546219e-2)));
  const joined = w.keep(w.multiplyAdd(outer, s, inner));
  const q = horner(w, t, joined, [-1.06777877e-1, -6.34846687e-1, -1.28717512e-1]);
  const exponent = w.keep(f32x4.sub(mul(q, t), t));
  const far = w.keep(sub(w.number(1), exp(w, exponent)));
  const signed = v128.or(far, v128.and(x, w.number(-0)));
  return w.keep(v128.choose(greater(t, w.number(0.927734375)), signed, w.multiplyAdd(near, x, x)));
}

/** All of them, by the names that expressions have for them. */
export const transcendental: Words = { exp, expm1, log, log1p, tanh, sigmoid, softplus, erf };
