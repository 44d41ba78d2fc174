/**
 * The matrix product that all products and convolutions stand on: C[m, n] = Σ_k A(m, k) B(k, n), where A, B and the write to
 * C are given as text, so a convolution reads its patches straight from the image (an implicit im2col).
 *
 * A workgroup of 256 threads makes a 64 × 64 tile of C, each thread a 4 × 4 block in registers. For 16 values of k at a
 * time, the tile's panels of A and B are staged in workgroup memory (8 KiB) as vec4s, so a thread's step of k reads two vec4s
 * and does 16 multiply-adds. Each element has one accumulator in ascending k: the same bits each time. A long k with few
 * tiles (a weight's gradient) is cut into slices that a second pass adds up in order.
 */

import { type Operand, sizeOf } from "@kronograd/tensor";
import { each } from "./each.ts";
import type { Kit, Uniform } from "./kit.ts";

/** A product, or a batch of them. */
export interface Product {
  /** Of the program and its variant. */
  readonly name: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
  readonly output: Operand;
  readonly inputs: readonly Operand[];
  readonly uniforms: Readonly<Record<string, Uniform>>;
  /** Statements that run once for each thread, with `z` the number of the product in its batch. */
  readonly begin: (inputs: readonly string[]) => string;
  /** Functions that the expressions call. */
  readonly declarations?: (inputs: readonly string[]) => string;
  /** Expressions of element (m, k) of A and (k, n) of B, all u32; asked for only within bounds. */
  readonly a: (inputs: readonly string[]) => string;
  readonly b: (inputs: readonly string[]) => string;
  /** Expression of the place in C of (m, n), relative to its offset. */
  readonly place: string;
  /** Expression of what is written, from `value` and its place `at`; default `value`. */
  readonly value?: (inputs: readonly string[]) => string;
  /** Whether neighbouring threads should load along k (true) or along m and n: whichever lies dense. */
  readonly aAlongK: boolean;
  readonly bAlongK: boolean;
  /** Statement before the main loop that may leave a tile out, from tileM and tileN. */
  readonly skip?: string;
  /** Condition under which an element is written; default: always. */
  readonly where?: string;
  /** Statements besides the write, for a mirrored element. */
  readonly also?: (output: string) => string;
}

const side = 64;
const depth = 16;
const shortK = 512;
const fewTiles = 32;

export function product(kit: Kit, call: Product): void {
  const { m, n, k, batch, output, value } = call;
  if (m * n * batch === 0) return;
  const tiles = Math.ceil(m / side) * Math.ceil(n / side) * batch;
  if (tiles >= fewTiles || k < 2 * shortK) {
    pass(kit, call, output, 1);
    return;
  }
  const slices = Math.min(64, Math.ceil(k / shortK));
  const size = sizeOf(output.shape);
  kit.temporary("float32", [slices, size], (partial) => {
    const { value: _, skip: __, also: ___, ...plain } = call;
    pass(kit, plain, partial, slices);
    each(kit, {
      name: `${call.name} slices`,
      outputs: [output],
      inputs: [partial, ...call.inputs],
      size,
      uniforms: { slices: ["u32", slices], M: ["u32", m], N: ["u32", n], ...call.uniforms },
      main: ([out = ""], [part, ...from]) => `
let at = i;
var value = 0.0;
for (var s = 0u; s < u.slices; s++) { value += ${part}[s * u.size + i]; }
${out}[u.o0 + i] = ${value?.(from) ?? "value"};`,
    });
  });
}

function pass(kit: Kit, call: Product, output: Operand, slices: number): void {
  const { name, m, n, k, batch, inputs } = call;
  const length = Math.ceil(Math.ceil(k / slices) / depth) * depth;
  const uniforms: Record<string, Uniform> = {
    M: ["u32", m],
    N: ["u32", n],
    K: ["u32", k],
    columns: ["u32", Math.ceil(n / side)],
    length: ["u32", length],
    slices: ["u32", slices],
    stride: ["u32", slices === 1 ? 0 : sizeOf(call.output.shape)],
    to: ["u32", output.offset],
    ...call.uniforms,
  };
  kit.run({
    name: `${name} ${call.aAlongK} ${call.bAlongK} ${slices > 1}`,
    outputs: [output],
    inputs,
    uniforms,
    groups: [Math.ceil(n / side) * Math.ceil(m / side), batch, slices],
    source: ([out = ""], from) => ({
      declarations: `
${call.declarations?.(from) ?? ""}
var<workgroup> panelA: array<vec4f, ${(side * depth) / 4}>;
var<workgroup> panelB: array<vec4f, ${(side * depth) / 4}>;`,
      main: `
let tileM = (group.x / u.columns) * ${side}u;
let tileN = (group.x % u.columns) * ${side}u;
let z = group.y;
let slice = group.z;
${call.skip ?? ""}
${call.begin(from)}
let ty = thread / 16u;
let tx = thread % 16u;
var acc: array<vec4f, 4>;
let first = slice * u.length;
let end = min(u.K, first + u.length);
for (var start = first; start < end; start += ${depth}u) {
  // each thread stages one vec4 of each panel: four neighbours of m (n) at one k
  ${stage("A", "tileM", "u.M", "m", call.a(from), call.aAlongK)}
  ${stage("B", "tileN", "u.N", "n", call.b(from), call.bAlongK)}
  workgroupBarrier();
  for (var kk = 0u; kk < ${depth}u; kk++) {
    let left = panelA[kk * 16u + ty];
    let right = panelB[kk * 16u + tx];
    acc[0] = fma(vec4f(left.x), right, acc[0]);
    acc[1] = fma(vec4f(left.y), right, acc[1]);
    acc[2] = fma(vec4f(left.z), right, acc[2]);
    acc[3] = fma(vec4f(left.w), right, acc[3]);
  }
  workgroupBarrier();
}
for (var i = 0u; i < 4u; i++) {
  let m = tileM + ty * 4u + i;
  for (var j = 0u; j < 4u; j++) {
    let n = tileN + tx * 4u + j;
    if (m < u.M && n < u.N && (${call.where ?? "true"})) {
      let value = acc[i][j];
      let at = ${call.place};
      ${out}[u.to + slice * u.stride + at] = ${call.value?.(from) ?? "value"};
      ${call.also?.(out) ?? ""}
    }
  }
}`,
    }),
  });
}

/** Statements that stage a panel; threads run along k or along the other axis. */
function stage(panel: string, tile: string, bound: string, axis: string, element: string, alongK: boolean): string {
  const [kk, quad] = alongK ? ["thread % 16u", "thread / 16u"] : ["thread / 16u", "thread % 16u"];
  return `{
    let kk = ${kk};
    let quad = ${quad};
    let k = start + kk;
    var four = vec4f(0.0);
    for (var lane = 0u; lane < 4u; lane++) {
      let ${axis} = ${tile} + quad * 4u + lane;
      if (k < end && ${axis} < ${bound}) { four[lane] = ${element}; }
    }
    panel${panel}[kk * 16u + quad] = four;
  }`;
}
