/**
 * The matrix product that all products and convolutions stand on: C[m, n] = Σ_k A(m, k) B(k, n), where A, B and the write to
 * C are given as text, so a convolution reads its patches straight from the image (an implicit im2col).
 *
 * A workgroup of 256 threads makes a square tile of C. Where there is work for many workgroups the side is 128 and each thread
 * holds 8 × 8 elements in registers: a step of k reads four vec4s and does 64 multiply-adds. Else the side is 64, 4 × 4 each,
 * two vec4s and 16. For 8 (or 16) values of k at a time, the tile's panels of A and B are staged in workgroup memory as vec4s,
 * 9 KiB; a vec4 of padding a row keeps threads that stage along k out of each other's banks.
 * Each element has one accumulator in ascending k: the same bits each time, whatever the side (but for compensated sums).
 * A long k with few tiles (a weight's gradient) is cut into slices that a second pass adds up in order.
 */

import { type Operand, sizeOf } from "@kronograd/tensor";
import type { Kit, Uniform } from "../kit.ts";
import { each } from "./each.ts";
import { seenFunctions, seenUniform } from "./opaque.ts";

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
  /**
   * The input, by number, that A (B) is read from four neighbours of m (n) at once: it is bound as vec4s, and the expression
   * of A (B) is that of the four from m (n) on. Not where threads load along k.
   */
  readonly fours?: { readonly a?: number | undefined; readonly b?: number | undefined };
  /** Whether neighbouring threads should load along k (true) or along m and n: whichever lies dense. */
  readonly aAlongK: boolean;
  readonly bAlongK: boolean;
  /** Whether panels' sums are added up with compensation (Kahan), in tiles of side 64: their threads have registers to spare. */
  readonly isCompensated?: boolean;
  /** Statement before the main loop that may leave a tile out, from tileM and tileN. */
  readonly skip?: string;
  /** Condition under which an element is written; default: always. */
  readonly where?: string;
  /** Statements besides the write, for a mirrored element. */
  readonly also?: (output: string) => string;
}

/** Vec4s of a thread in m and in n: 1 makes tiles of side 64, 2 of side 128. */
type Quads = 1 | 2;

const shortK = 512;
const fewTiles = 32;
/** Large tiles that keep a card busy. */
const manyTiles = 96;

const sideOf = (quads: Quads) => 64 * quads;
const depthOf = (quads: Quads) => 16 / quads;
/** Vec4s from one row of a panel to the next. */
const rowOf = (quads: Quads) => 16 * quads + 1;
const tilesOf = ({ m, n, batch }: Product, quads: Quads) =>
  Math.ceil(m / sideOf(quads)) * Math.ceil(n / sideOf(quads)) * batch;

export function product(kit: Kit, call: Product): void {
  const { m, n, k, batch, output, value } = call;
  if (m * n * batch === 0) return;
  if (tilesOf(call, 1) >= fewTiles || k < 2 * shortK) {
    pass(kit, call, output, 1, tilesOf(call, 2) >= manyTiles ? 2 : 1);
    return;
  }
  const slices = Math.min(64, Math.ceil(k / shortK));
  const size = sizeOf(output.shape);
  kit.temporary("float32", [slices, size], (partial) => {
    const { value: _, skip: __, also: ___, ...plain } = call;
    pass(kit, plain, partial, slices, 1);
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

function pass(kit: Kit, call: Product, output: Operand, slices: number, quads: Quads): void {
  const side = sideOf(quads);
  const depth = depthOf(quads);
  const { name, m, n, k, batch, inputs, fours = {} } = call;
  const isCompensated = call.isCompensated === true && quads === 1;
  const tiles = Math.ceil(n / side) * Math.ceil(m / side);
  const length = Math.ceil(Math.ceil(k / slices) / depth) * depth;
  const uniforms: Record<string, Uniform> = {
    M: ["u32", m],
    N: ["u32", n],
    K: ["u32", k],
    columns: ["u32", Math.ceil(n / side)],
    tiles: ["u32", tiles],
    products: ["u32", batch],
    length: ["u32", length],
    slices: ["u32", slices],
    stride: ["u32", slices === 1 ? 0 : sizeOf(call.output.shape)],
    to: ["u32", output.offset],
    ...(isCompensated ? seenUniform : {}),
    ...call.uniforms,
  };
  kit.run({
    name: `${name} ${call.aAlongK} ${call.bAlongK} ${fours.a} ${fours.b} ${slices > 1} ${side}`,
    outputs: [output],
    inputs,
    wide: [fours.a, fours.b].filter((input) => input !== undefined),
    uniforms,
    groups: tiles * batch * slices,
    source: ([out = ""], from) => ({
      declarations: `
${call.declarations?.(from) ?? ""}
${isCompensated ? seenFunctions.vec4f : ""}
var<workgroup> panelA: array<vec4f, ${rowOf(quads) * depth}>;
var<workgroup> panelB: array<vec4f, ${rowOf(quads) * depth}>;`,
      main: `
let tile = linear % u.tiles;
let tileM = (tile / u.columns) * ${side}u;
let tileN = (tile % u.columns) * ${side}u;
let z = linear / u.tiles % u.products;
let slice = linear / u.tiles / u.products;
if (slice >= u.slices) { return; }
${call.skip ?? ""}
${call.begin(from)}
let ty = thread / 16u;
let tx = thread % 16u;
${accumulators(quads)}
${isCompensated ? totals(quads) : ""}
let first = slice * u.length;
let end = min(u.K, first + u.length);
for (var start = first; start < end; start += ${depth}u) {
  // each thread stages one vec4 of each panel, or two: four neighbours of m (n) at one k
  ${stage(quads, "A", "tileM", "u.M", "m", call.a(from), wayOf(call.aAlongK, fours.a))}
  ${stage(quads, "B", "tileN", "u.N", "n", call.b(from), wayOf(call.bAlongK, fours.b))}
  workgroupBarrier();
  for (var kk = 0u; kk < ${depth}u; kk++) {
    ${multiplyAdds(quads)}
  }
  ${isCompensated ? addToTotals(quads) : ""}
  workgroupBarrier();
}
${places(quads)
  .map(
    ({ name, m, n }) => `for (var j = 0u; j < 4u; j++) {
  let m = tileM + ${m};
  let n = tileN + ${n} + j;
  if (m < u.M && n < u.N && (${call.where ?? "true"})) {
    let value = ${isCompensated ? `${name}_total` : name}[j];
    let at = ${call.place};
    ${out}[u.to + slice * u.stride + at] = ${call.value?.(from) ?? "value"};
    ${call.also?.(out) ?? ""}
  }
}`,
  )
  .join("\n")}`,
    }),
  });
}

/** The accumulators of a thread by name: four neighbours of n each. Names, not an array, so that they stay in registers. */
function places(quads: Quads): { name: string; row: number; lane: string; column: number; m: string; n: string }[] {
  return Array.from({ length: 4 * quads }, (_, i) => i).flatMap((i) =>
    Array.from({ length: quads }, (_, column) => {
      const row = i >> 2;
      return {
        name: `c${i}_${column}`,
        row,
        lane: "xyzw"[i & 3]!,
        column,
        m: `${row * 64}u + ty * 4u + ${i & 3}u`,
        n: `${column * 64}u + tx * 4u`,
      };
    }),
  );
}

const accumulators = (quads: Quads) =>
  places(quads)
    .map(({ name }) => `var ${name} = vec4f(0.0);`)
    .join(" ");

const totals = (quads: Quads) =>
  places(quads)
    .map(({ name }) => `var ${name}_total = vec4f(0.0); var ${name}_lost = vec4f(0.0);`)
    .join("\n");

/** What a total has got too much of is taken from the next panel's sum. */
const addToTotals = (quads: Quads) =>
  places(quads)
    .map(
      ({ name }) => `{
    let more = ${name} - ${name}_lost;
    let sum = seen_(${name}_total + more);
    ${name}_lost = seen_(sum - ${name}_total) - more;
    ${name}_total = sum;
    ${name} = vec4f(0.0);
  }`,
    )
    .join("\n  ");

/** A step of k. */
function multiplyAdds(quads: Quads): string {
  const reads = Array.from(
    { length: quads },
    (_, i) =>
      `let left${i} = panelA[kk * ${rowOf(quads)}u + ${16 * i}u + ty]; let right${i} = panelB[kk * ${rowOf(quads)}u + ${16 * i}u + tx];`,
  );
  const adds = places(quads).map(
    ({ name, row, lane, column }) => `${name} = fma(vec4f(left${row}.${lane}), right${column}, ${name});`,
  );
  return [...reads, ...adds].join("\n    ");
}

/** How a panel is read: neighbouring threads along k, or along the other axis, or there with four elements each. */
type Way = "k" | "across" | "fours";

const wayOf = (alongK: boolean, wide: number | undefined): Way =>
  wide !== undefined ? "fours" : alongK ? "k" : "across";

/** Statements that stage a panel. */
function stage(
  quads: Quads,
  panel: string,
  tile: string,
  bound: string,
  axis: string,
  element: string,
  way: Way,
): string {
  const width = 16 * quads;
  const depth = depthOf(quads);
  const [kk, quad] = way === "k" ? [`it % ${depth}u`, `it / ${depth}u`] : [`it / ${width}u`, `it % ${width}u`];
  const read = (place: string, value: string) =>
    `let ${axis} = ${place}; if (k < end && ${axis} < ${bound}) { ${value} = ${element}; }`;
  const first = `${tile} + quad * 4u`;
  return `for (var it = thread; it < ${width * depth}u; it += 256u) {
    let kk = ${kk};
    let quad = ${quad};
    let k = start + kk;
    var four = vec4f(0.0);
    ${way === "fours" ? read(first, "four") : `for (var lane = 0u; lane < 4u; lane++) { ${read(`${first} + lane`, "four[lane]")} }`}
    panel${panel}[kk * ${rowOf(quads)}u + quad] = four;
  }`;
}
