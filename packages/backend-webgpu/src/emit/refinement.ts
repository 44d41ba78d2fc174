/**
 * A step of iterative refinement for the inverse of a symmetric positive definite matrix M = A + μI:
 *
 *     R = I − M X,    X ← X + X R    (Newton's iteration, which squares the error)
 *
 * Each element of R is summed as if in twice the precision of float32 and rounded once: in plain float32 a residual is
 * nothing but the rounding of its own sum. A product is split into itself and what its rounding lost, a sum likewise; what was
 * lost is added up beside (opaque.ts keeps compilers off). A factor is cut in halves by its bits, so that products of halves
 * are exact, fused or not.
 *
 * Newton's iteration needs ρ(R) < 1; beyond that it makes X indefinite. So X stays as it is where ‖R‖ ≥ 1.
 *
 * Source: Higham (2002), Accuracy and Stability of Numerical Algorithms, §14.5 (Newton) and ch. 12 (refinement); Ogita, Rump
 * & Oishi (2005), "Accurate sum and dot product", algorithm 5.3; Dekker (1971) for the product
 */

import type { Operand } from "@kronograd/tensor";
import type { Kit } from "../kit.ts";
import { seenFunctions, seenUniform } from "./opaque.ts";
import { reduce } from "./reduce.ts";
import { product } from "./tile.ts";

const side = 16;

const twice = `
${seenFunctions.f32}
fn halves_(x: f32) -> vec2f {
  let high = bitcast<f32>((bitcast<u32>(x) + 0x800u) & 0xfffff000u);
  return vec2f(high, x - high);
}
// total + x y, where a total is a sum and what it lost, and x and y are in halves
fn add_(total: vec2f, x: vec2f, y: vec2f) -> vec2f {
  let product = seen_((x.x + x.y) * (y.x + y.y));
  let lost = seen_(seen_(seen_(x.x * y.x - product) + x.x * y.y) + x.y * y.x) + x.y * y.y;
  let sum = seen_(total.x + product);
  let moved = seen_(sum - total.x);
  let left = seen_(total.x - seen_(sum - moved)) + seen_(product - moved);
  return vec2f(sum, total.y + (left + lost));
}`;

/** R = I − (A + μI) X */
function residual(kit: Kit, R: Operand, A: Operand, X: Operand, damping: number, mu?: Operand): void {
  const n = A.shape[0] as number;
  const tiles = Math.ceil(n / side);
  kit.run({
    name: `residual ${mu !== undefined}`,
    outputs: [R],
    inputs: mu === undefined ? [A, X] : [A, X, mu],
    uniforms: {
      n: ["u32", n],
      tiles: ["u32", tiles],
      row: ["i32", A.strides[0] as number],
      column: ["i32", A.strides[1] as number],
      a: ["i32", A.offset],
      x: ["u32", X.offset],
      r: ["u32", R.offset],
      damping: ["f32", damping],
      mu: ["u32", mu?.offset ?? 0],
      ...seenUniform,
    },
    groups: tiles * tiles,
    source: ([r], [a, x, damped]) => ({
      declarations: `${twice}
var<workgroup> panelA: array<vec2f, ${side * side}>;
var<workgroup> panelX: array<vec2f, ${side * side}>;`,
      main: `
let row = thread / ${side}u;
let column = thread % ${side}u;
let m = linear / u.tiles * ${side}u + row;
let n = linear % u.tiles * ${side}u + column;
var total = vec2f(select(0.0, -1.0, m == n), 0.0);
for (var start = 0u; start < u.n; start += ${side}u) {
  let k = start + column;
  var staged = 0.0;
  if (m < u.n && k < u.n) { staged = ${a}[u32(u.a + i32(max(m, k)) * u.row + i32(min(m, k)) * u.column)]; }
  panelA[thread] = halves_(staged);
  staged = 0.0;
  if (start + row < u.n && n < u.n) { staged = ${x}[u.x + (start + row) * u.n + n]; }
  panelX[thread] = halves_(staged);
  workgroupBarrier();
  for (var i = 0u; i < ${side}u; i++) { total = add_(total, panelA[row * ${side}u + i], panelX[i * ${side}u + column]); }
  workgroupBarrier();
}
if (m < u.n && n < u.n) {
  total = add_(total, halves_(${damped === undefined ? "u.damping" : `${damped}[u.mu]`}), halves_(${x}[u.x + m * u.n + n]));
  ${r}[u.r + m * u.n + n] = -(total.x + total.y);
}`,
    }),
  });
}

/** out = X + X R where ‖R‖ < 1, else X; exactly symmetric, as its lower triangle is mirrored. */
function step(kit: Kit, out: Operand, X: Operand, R: Operand): void {
  const [n] = X.shape as readonly [number];
  kit.temporary("float32", [1], (size) => {
    reduce(kit, {
      name: "size of residual",
      outputs: [size],
      inputs: [R],
      axes: [0, 1],
      type: "f32",
      initial: "0.0",
      element: (r = "") => `${r} * ${r}`,
      combine: "a + b",
      finish: ([to = ""]) => `${to}[u.o0 + row] = a;`,
      isSum: true,
    });
    product(kit, {
      name: "refine",
      m: n,
      n,
      k: n,
      batch: 1,
      output: out,
      inputs: [X, R, size],
      uniforms: {},
      begin: () => "",
      skip: "if (tileN > tileM) { return; }",
      a: ([x]) => `${x}[m * u.N + k]`,
      b: ([, r]) => `${r}[k * u.N + n]`,
      place: "m * u.N + n",
      where: "n <= m",
      value: ([x, , s]) => `${x}[at] + select(0.0, value, ${s}[0] < 1.0)`,
      also: (to) => `${to}[u.to + n * u.N + m] = ${to}[u.to + at];`,
      aAlongK: true,
      bAlongK: false,
    });
  });
}

/**
 * @param out  [n, n]  row-major
 * @param A    [n, n]  any strides; only the lower triangle is read
 * @param X    [n, n]  row-major from offset 0, symmetric: near (A + μI)⁻¹
 * @param R    [n, n]  row-major, overwritten
 * @param mu   []      μ on the device; else it is `damping`
 * @cost       n³ multiply-adds of some 25 operations, and n³ flops
 */
export function refine(
  kit: Kit,
  out: Operand,
  A: Operand,
  X: Operand,
  R: Operand,
  damping: number,
  mu?: Operand,
): void {
  residual(kit, R, A, X, damping, mu);
  step(kit, out, X, R);
}
