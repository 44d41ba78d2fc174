/** The primitives of expressions as loops over float64 registers: what `cpu` runs. */

import type { Primitive } from "./expression.ts";

/** One primitive over the first n places of its registers: out ← f(x, y, z). */
export type Loop = (n: number, out: Float64Array, x: Float64Array, y: Float64Array, z: Float64Array) => void;

/**
 * The loops behind `cpu`. They are written out, because a call for each element costs ten times its arithmetic, and they
 * are separate functions, so that the engine compiles each once and for good.
 */
export const loops: Readonly<Record<Primitive, Loop>> = {
  add: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! + y[i]!;
  },
  sub: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! - y[i]!;
  },
  mul: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! * y[i]!;
  },
  div: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! / y[i]!;
  },
  neg: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = -x[i]!;
  },
  abs: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.abs(x[i]!);
  },
  sign: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.sign(x[i]!);
  },
  exp: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.exp(x[i]!);
  },
  expm1: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.expm1(x[i]!);
  },
  log: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.log(x[i]!);
  },
  log1p: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.log1p(x[i]!);
  },
  sqrt: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.sqrt(x[i]!);
  },
  square: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! * x[i]!;
  },
  pow: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! ** y[i]!;
  },
  sin: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.sin(x[i]!);
  },
  cos: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.cos(x[i]!);
  },
  tanh: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.tanh(x[i]!);
  },
  sigmoid: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = sigmoid(x[i]!);
  },
  softplus: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.max(x[i]!, 0) + Math.log1p(Math.exp(-Math.abs(x[i]!)));
  },
  erf: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = erf(x[i]!);
  },
  floor: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = Math.floor(x[i]!);
  },
  max: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = Math.max(x[i]!, y[i]!);
  },
  min: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = Math.min(x[i]!, y[i]!);
  },
  greater: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! > y[i]! ? 1 : 0;
  },
  greaterEqual: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! >= y[i]! ? 1 : 0;
  },
  equal: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! === y[i]! ? 1 : 0;
  },
  select: (n, out, x, y, z) => {
    for (let i = 0; i < n; i++) out[i] = x[i]! !== 0 ? y[i]! : z[i]!;
  },
};

function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const t = Math.exp(x);
  return t / (1 + t);
}

/**
 * The error function to double precision: its Maclaurin series up to |x| = 2.5, the continued fraction of erfc beyond.
 * Source: Abramowitz & Stegun (1964), 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  const t = Math.abs(x);
  if (Number.isNaN(t)) return Number.NaN;
  if (t > 6) return Math.sign(x);
  if (t < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (t + fraction);
  return Math.sign(x) * (1 - Math.exp(-t * t) / (Math.sqrt(Math.PI) * (t + fraction)));
}
