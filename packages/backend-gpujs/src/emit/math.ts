/**
 * Functions that kernels call beside JavaScript's own, in GLSL, because JavaScript on a GPU has neither whole-number division
 * nor NaN that a compiler respects, and because GLSL's exp, log and tanh are too rough. Bits decide what is NaN.
 */

import { horner, series } from "@kronograd/tensor/kernel";

/** Functions by name: result type and parameters as gpu.js calls types, and the body in GLSL. */
type Native = readonly [result: "Number" | "Integer", parameters: string, body: string];

const f = (parameters: string, body: string): Native => ["Number", parameters, body];

/** What kernels may call. */
export const natives: Readonly<Record<string, Native>> = {
  quotient: ["Integer", "int i, int n", "return i / n;"],
  remainder: ["Integer", "int i, int n", "return i - (i / n) * n;"],
  larger: ["Integer", "int i, int n", "return max(i, n);"],
  smaller: ["Integer", "int i, int n", "return min(i, n);"],
  whole: ["Integer", "float x", "return int(x);"],
  real: f("int i", "return float(i);"),
  notANumber: f("float x", "return intBitsToFloat(0x7fc00000);"),
  lowest: f("float x", "return intBitsToFloat(int(0xff800000u));"),
  highest: f("float x", "return intBitsToFloat(0x7f800000);"),
  isBad: f("float x", "return finite_(x) ? 0.0 : 1.0;"),
  isNotANumber: f("float x", "return nan_(x) ? 1.0 : 0.0;"),
  choose: f("float c, float a, float b", "return c != 0.0 ? a : b;"),
  greaterOf: f("float x, float y", "return x > y ? 1.0 : 0.0;"),
  greaterEqualOf: f("float x, float y", "return x >= y ? 1.0 : 0.0;"),
  equalOf: f("float x, float y", "return x == y ? 1.0 : 0.0;"),
  quotientOf: f("float x, float y", "return x / y;"),
  signOf: f("float x", "return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x;"),
  maxOf: f("float x, float y", "return max_(x, y);"),
  minOf: f("float x, float y", "return nan_(x) ? x : nan_(y) ? y : x < y ? x : y;"),
  sqrtOf: f("float x", "return x < 0.0 ? intBitsToFloat(0x7fc00000) : sqrt(x);"),
  floorOf: f("float x", "return floor(x);"),
  absOf: f("float x", "return abs(x);"),
  expOf: f("float x", "return exp_(x);"),
  expm1Of: f("float x", "return expm1_(x);"),
  logOf: f("float x", "return log_(x);"),
  log1pOf: f("float x", "return log1p_(x);"),
  tanhOf: f(
    "float x",
    "if (abs(x) < 1e-4) return x; float t = expm1_(-2.0 * abs(x)); float y = -t / (t + 2.0); return x < 0.0 ? -y : y;",
  ),
  sigmoidOf: f("float x", "if (nan_(x)) return x; float t = exp_(-abs(x)); return (x >= 0.0 ? 1.0 : t) / (1.0 + t);"),
  softplusOf: f("float x", "return max_(x, 0.0) + log1p_(exp_(-abs(x)));"),
  // Abramowitz & Stegun 7.1.6 near 0 (a series) and 7.1.26 beyond
  erfOf: f(
    "float x",
    `float a = abs(x); float q = x * x;
  if (a < 1.0) return x * 1.1283792 * (${horner("q", series.erf)});
  if (nan_(x)) return x;
  float t = 1.0 / (1.0 + 0.3275911 * a);
  float y = 1.0 - t * (${horner("t", series.erfTail)}) * exp_(-min(q, 90.0));
  return x < 0.0 ? -y : y;`,
  ),
};

/** What those stand on. log and exp reduce by 2ᵏ with ln 2 in two parts, and leave the rest to series. */
export const helpers = `
bool nan_(float x) { return (floatBitsToInt(x) & 0x7fffffff) > 0x7f800000; }
bool finite_(float x) { return (floatBitsToInt(x) & 0x7f800000) != 0x7f800000; }
float max_(float x, float y) { return nan_(x) ? x : nan_(y) ? y : x > y ? x : y; }
float series_(float x) {
  float s = x / (2.0 + x);
  float q = s * s;
  return 2.0 * s * (${horner("q", series.atanh)});
}
float log_(float x) {
  if (x >= 0.66 && x <= 1.5) return series_(x - 1.0);
  if (nan_(x)) return x;
  if (x == 0.0) return intBitsToFloat(int(0xff800000u));
  if (x < 0.0) return intBitsToFloat(0x7fc00000);
  if (!finite_(x)) return x;
  float e = 0.0;
  if (x < 1.1754944e-38) { x *= 16777216.0; e = -24.0; }
  int bits = floatBitsToInt(x);
  e += float((bits >> 23) - 127);
  float m = intBitsToFloat((bits & 0x007fffff) | 0x3f800000);
  if (m > 1.3333334) { m *= 0.5; e += 1.0; }
  return (e * 0.69314575 + series_(m - 1.0)) + e * 1.4286068e-6;
}
float log1p_(float x) {
  if (abs(x) < 1e-7) return x;
  if (abs(x) < 0.34) return series_(x);
  return log_(1.0 + x);
}
float exp_(float x) {
  if (nan_(x)) return x;
  if (x > 88.8) return intBitsToFloat(0x7f800000);
  if (x < -103.0) return 0.0;
  float n = floor(x * 1.442695 + 0.5);
  float r = (x - n * 0.693145752) - n * 1.42860677e-6;
  float p = ${horner("r", series.exp)};
  int whole_ = int(n);
  int half_ = whole_ / 2;
  return p * intBitsToFloat((half_ + 127) << 23) * intBitsToFloat((whole_ - half_ + 127) << 23);
}
float expm1_(float x) {
  if (abs(x) < 0.5) return x * (${horner("x", series.expm1)});
  return exp_(x) - 1.0;
}
`;
