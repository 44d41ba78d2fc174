/**
 * Functions that WGSL lacks or gives too roughly, on f32.
 *
 * WGSL's log is only good to 2⁻²¹ near 1 and its tanh is not bounded near 0, so both stand on series here. Bits decide what
 * is NaN, because a compiler may take it that there is none.
 */

import { horner, series } from "@kronograd/tensor/kernel";

/** All of them; unused ones cost nothing in a compiled program. */
export const mathFunctions = `
fn nan_(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn finite_(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }
fn bits_(x: u32) -> f32 { return bitcast<f32>(x); }
fn nothing_(x: f32) -> f32 { return select(bits_(0x7fc00000u), 0.0, finite_(x)); } // x - x
fn max_(x: f32, y: f32) -> f32 { return select(select(select(y, x, x > y), x, nan_(x)), y, nan_(y)); }
fn min_(x: f32, y: f32) -> f32 { return select(select(select(y, x, x < y), x, nan_(x)), y, nan_(y)); }
fn sign_(x: f32) -> f32 { return select(select(x, -1.0, x < 0.0), 1.0, x > 0.0); }
// log(1 + x) = 2 atanh(s), s = x / (2 + x), for x in [-1/2, 1]
fn series_(x: f32) -> f32 {
  let s = x / (2.0 + x);
  let q = s * s;
  return 2.0 * s * (${horner("q", series.atanh)});
}
fn log_(x: f32) -> f32 {
  if (!(x >= 0.66) || x > 1.5) {
    if (x == 0.0) { return bits_(0xff800000u); }
    if (x < 0.0) { return bits_(0x7fc00000u); }
    if (!finite_(x)) { return x; }
    // x = m 2^e with m in [2/3, 4/3)
    let parts = frexp(x);
    let low = parts.fract < 0.66666667;
    let m = select(parts.fract, parts.fract * 2.0, low);
    let e = f32(select(parts.exp, parts.exp - 1, low));
    return fma(e, 0.69314575, series_(m - 1.0)) + e * 1.4286068e-6;
  }
  return series_(x - 1.0);
}
fn log1p_(x: f32) -> f32 {
  if (abs(x) < 0.34) { return select(series_(x), x, abs(x) < 1e-7); }
  return log_(1.0 + x);
}
// e^x by e^(x/2)^2 would lose bits; the built-in is good to 3 + 2|x| units
fn exp_(x: f32) -> f32 {
  if (nan_(x)) { return x; }
  let n = round(x * 1.442695);
  let r = fma(n, -1.42860677e-6, fma(n, -0.693145752, x));
  let p = ${horner("r", series.exp)};
  if (x > 88.8) { return bits_(0x7f800000u); }
  if (x < -103.0) { return 0.0; }
  let half = i32(n) / 2;
  return p * bits_(u32(half + 127) << 23u) * bits_(u32(i32(n) - half + 127) << 23u);
}
fn expm1_(x: f32) -> f32 {
  if (abs(x) < 0.5) {
    return x * (${horner("x", series.expm1)});
  }
  return exp_(x) - 1.0;
}
fn tanh_(x: f32) -> f32 {
  if (abs(x) < 1e-4) { return x; }
  let t = expm1_(-2.0 * abs(x));
  let y = -t / (t + 2.0);
  return select(y, -y, x < 0.0);
}
fn sigmoid_(x: f32) -> f32 {
  if (nan_(x)) { return x; }
  let t = exp_(-abs(x));
  return select(t, 1.0, x >= 0.0) / (1.0 + t);
}
fn softplus_(x: f32) -> f32 { return max_(x, 0.0) + log1p_(exp_(-abs(x))); }
// Abramowitz & Stegun 7.1.6 near 0 (a series) and 7.1.26 beyond
fn erf_(x: f32) -> f32 {
  let a = abs(x);
  let q = x * x;
  if (a < 1.0) {
    return x * 1.1283792 * (${horner("q", series.erf)});
  }
  if (nan_(x)) { return x; }
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let y = 1.0 - t * (${horner("t", series.erfTail)}) * exp_(-min(q, 90.0));
  return select(y, -y, x < 0.0);
}
`;
