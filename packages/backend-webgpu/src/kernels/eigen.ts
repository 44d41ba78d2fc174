/**
 * The kernel of symmetricEigen: Jacobi's method in one workgroup, K = Vᵀ diag(w) V.
 *
 * Rows are paired as in a round-robin tournament, so that all rotations of a round are disjoint: one thread turns the 2 × 2
 * block that two pairs cross in, in place, and its mirror. Rounds go on until a whole sweep of them found no element off the
 * diagonal above rounding (six to nine sweeps are usual). The matrix is scaled by its largest element first. What is not
 * finite makes NaN, which says so when it is read. More than 256 rows are left to the reference.
 *
 * K, V [n, n] · w [n] ascending; one vector a row, its first component of at least half the largest size positive
 * Source: Golub & Van Loan, Matrix Computations, §8.5 (cyclic and parallel Jacobi)
 */

import { type Kernel, NumericalError, type Operand } from "@kronograd/tensor";
import { isFloat32 } from "@kronograd/tensor/kernel";
import type { Block } from "../device/buffers.ts";
import { mathFunctions } from "../emit/math.ts";
import type { Kit, Source } from "../kit.ts";

/** Rows at most: more take a workgroup longer than the host. */
const most = 256;
const mostSweeps = 20;

const program = (w: string, vectors: string, A: string, V: string, K: string): Source => ({
  declarations: `${mathFunctions}
var<workgroup> cosines: array<f32, ${most / 2}>;
var<workgroup> sines: array<f32, ${most / 2}>;
var<workgroup> sizes: array<f32, 256>;
var<workgroup> rotations: atomic<u32>;
var<workgroup> turned: u32;
// the rows of pair k in a round; the second may be the row that an odd n lacks
fn pair_(k: u32, round: u32, m: u32) -> vec2u {
  if (k == 0u) { return vec2u(round, m - 1u); }
  let x = (round + k) % (m - 1u);
  let y = (round + m - 1u - k) % (m - 1u);
  return vec2u(min(x, y), max(x, y));
}`,
  main: `
let n = u.n;
let m = n + (n & 1u);
let pairs = m / 2u;
var size = 0.0;
var strange = false;
for (var e = thread; e < n * n; e += 256u) {
  let value = ${K}[u32(u.start + i32(e / n) * u.row + i32(e % n) * u.column)];
  strange = strange || !finite_(value);
  size = max(size, abs(value));
  ${A}[e] = value;
  ${V}[e] = select(0.0, 1.0, e / n == e % n);
}
sizes[thread] = select(size, -1.0, strange);
workgroupBarrier();
if (thread == 0u) {
  var largest = 0.0;
  for (var i = 0u; i < 256u; i++) {
    if (sizes[i] < 0.0) { strange = true; }
    largest = max(largest, sizes[i]);
  }
  sizes[0] = select(select(largest, 1.0, largest == 0.0), -1.0, strange);
}
let unit = workgroupUniformLoad(&sizes[0]);
if (unit < 0.0) {
  for (var e = thread; e < n; e += 256u) { ${w}[u.values + e] = bits_(0x7fc00000u); }
  for (var e = thread; e < u.largest * n; e += 256u) { ${vectors}[u.vectors + e] = bits_(0x7fc00000u); }
  return;
}
for (var e = thread; e < n * n; e += 256u) { ${A}[e] /= unit; }
storageBarrier();
for (var sweep = 0u; sweep < ${mostSweeps}u; sweep++) {
  if (thread == 0u) { atomicStore(&rotations, 0u); }
  workgroupBarrier();
  for (var round = 0u; round + 1u < m; round++) {
    for (var k = thread; k < pairs; k += 256u) {
      let p = pair_(k, round, m);
      var c = 1.0;
      var s = 0.0;
      if (p.y < n) {
        let off = ${A}[p.x * n + p.y];
        if (abs(off) > 2e-8) {
          let tau = (${A}[p.y * n + p.y] - ${A}[p.x * n + p.x]) / (2.0 * off);
          let t = select(1.0, -1.0, tau < 0.0) / (abs(tau) + sqrt(1.0 + tau * tau));
          c = inverseSqrt(1.0 + t * t);
          s = t * c;
          atomicAdd(&rotations, 1u);
        }
      }
      cosines[k] = c;
      sines[k] = s;
    }
    workgroupBarrier();
    for (var e = thread; e < pairs * pairs; e += 256u) {
      let k = e / pairs;
      let l = e % pairs;
      if (k > l || (sines[k] == 0.0 && sines[l] == 0.0)) { continue; }
      let p = pair_(k, round, m);
      let q = pair_(l, round, m);
      let isLower = p.y < n;
      let isRight = q.y < n;
      let a = ${A}[p.x * n + q.x];
      var b = 0.0;
      var d = 0.0;
      var f = 0.0;
      if (isRight) { b = ${A}[p.x * n + q.y]; }
      if (isLower) { d = ${A}[p.y * n + q.x]; }
      if (isLower && isRight) { f = ${A}[p.y * n + q.y]; }
      let ck = cosines[k];
      let sk = sines[k];
      let upper = vec2f(ck * a - sk * d, ck * b - sk * f);
      let lower = vec2f(sk * a + ck * d, sk * b + ck * f);
      let cl = cosines[l];
      let sl = sines[l];
      let first = vec2f(cl * upper.x - sl * upper.y, sl * upper.x + cl * upper.y);
      let second = vec2f(cl * lower.x - sl * lower.y, sl * lower.x + cl * lower.y);
      if (k == l) {
        ${A}[p.x * n + p.x] = first.x;
        ${A}[p.y * n + p.y] = second.y;
        ${A}[p.x * n + p.y] = 0.0;
        ${A}[p.y * n + p.x] = 0.0;
        continue;
      }
      ${A}[p.x * n + q.x] = first.x;
      ${A}[q.x * n + p.x] = first.x;
      if (isRight) {
        ${A}[p.x * n + q.y] = first.y;
        ${A}[q.y * n + p.x] = first.y;
      }
      if (isLower) {
        ${A}[p.y * n + q.x] = second.x;
        ${A}[q.x * n + p.y] = second.x;
      }
      if (isLower && isRight) {
        ${A}[p.y * n + q.y] = second.y;
        ${A}[q.y * n + p.y] = second.y;
      }
    }
    for (var e = thread; e < pairs * n; e += 256u) {
      let k = e / n;
      let j = e % n;
      if (sines[k] == 0.0) { continue; }
      let p = pair_(k, round, m);
      let upper = ${V}[p.x * n + j];
      let lower = ${V}[p.y * n + j];
      ${V}[p.x * n + j] = cosines[k] * upper - sines[k] * lower;
      ${V}[p.y * n + j] = sines[k] * upper + cosines[k] * lower;
    }
    storageBarrier();
    workgroupBarrier();
  }
  if (thread == 0u) { turned = atomicLoad(&rotations); }
  if (workgroupUniformLoad(&turned) == 0u) { break; }
}
for (var i = thread; i < n; i += 256u) {
  let own = ${A}[i * n + i];
  var place = 0u;
  for (var j = 0u; j < n; j++) {
    let other = ${A}[j * n + j];
    if (other < own || (other == own && j < i)) { place++; }
  }
  ${w}[u.values + place] = own * unit;
  if (place + u.largest < n) { continue; }
  var longest = 0.0;
  for (var j = 0u; j < n; j++) { longest = max(longest, abs(${V}[i * n + j])); }
  var sign = 0.0;
  for (var j = 0u; j < n && sign == 0.0; j++) {
    let value = ${V}[i * n + j];
    if (abs(value) >= 0.5 * longest) { sign = select(1.0, -1.0, value < 0.0); }
  }
  let row = u.vectors + (place + u.largest - n) * n;
  for (var j = 0u; j < n; j++) { ${vectors}[row + j] = sign * ${V}[i * n + j]; }
}`,
});

export function eigenKernels(kit: Kit): Record<string, Kernel> {
  return {
    symmetricEigen(outputs, inputs, { largest }: { largest: number }) {
      const [values, vectors] = outputs as readonly [Operand, Operand];
      const [K] = inputs as readonly [Operand];
      const [n] = K.shape as readonly [number, number];
      if (!isFloat32(K) || n > most) return false;
      if (n === 0) return true;
      kit.temporary("float32", [n, n], (A) =>
        kit.temporary("float32", [n, n], (V) =>
          kit.run({
            name: "symmetricEigen",
            outputs: [values, vectors, A, V],
            inputs: [K],
            uniforms: {
              n: ["u32", n],
              largest: ["u32", largest],
              values: ["u32", values.offset],
              vectors: ["u32", vectors.offset],
              start: ["i32", K.offset],
              row: ["i32", K.strides[0] as number],
              column: ["i32", K.strides[1] as number],
            },
            groups: 1,
            source: ([w = "", v = "", a = "", b = ""], [k = ""]) => program(w, v, a, b, k),
          }),
        ),
      );
      for (const output of outputs) checkFinite(output, n);
      return true;
    },
  };
}

/** What came of a matrix that is not finite says so when it is read. */
function checkFinite({ handle, offset }: Operand, n: number): void {
  (handle as Block).check = (values) =>
    Number.isNaN(values[offset])
      ? new NumericalError({
          where: "symmetricEigen",
          problem: `K is not finite (matrix [${n}, ${n}])`,
          help: "Look for NaN or Infinity in what K was made from.",
          details: { n },
        })
      : undefined;
}
