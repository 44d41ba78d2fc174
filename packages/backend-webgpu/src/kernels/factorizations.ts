/**
 * Cholesky factors and triangular systems on the device.
 *
 * Cholesky goes by blocks of 32 columns: every workgroup factors the diagonal block for itself in workgroup memory, its
 * threads then solve for one row each of the panel below, and a product takes the panel's outer product off the rest. A
 * pivot that is not positive makes NaN, since nobody waits for the device. Triangular solves go by blocks too (emit/triangular.ts),
 * and an inverse is refined by a step (emit/refinement.ts).
 */

import { type Kernel, NumericalError, type Operand } from "@kronograd/tensor";
import { isFloat32 } from "@kronograd/tensor/kernel";
import type { Block } from "../device/buffers.ts";
import { each } from "../emit/each.ts";
import { mathFunctions } from "../emit/math.ts";
import { refine } from "../emit/refinement.ts";
import { product } from "../emit/tile.ts";
import { solveInPlace } from "../emit/triangular.ts";
import type { Kit, Source, Uniform } from "../kit.ts";

const block = 32;

/** A program that factors the diagonal block in workgroup memory, and then does something with it. */
const blockProgram = (matrix: string, then: string): Source => ({
  declarations: `${mathFunctions}\nvar<workgroup> D: array<f32, ${block * block}>;`,
  main: `
for (var e = thread; e < u.width * u.width; e += 256u) {
  D[(e / u.width) * ${block}u + e % u.width] = ${matrix}[u.corner + (e / u.width) * u.n + e % u.width];
}
workgroupBarrier();
for (var k = 0u; k < u.width; k++) {
  if (thread == 0u) {
    let d = D[k * ${block}u + k];
    D[k * ${block}u + k] = select(bits_(0x7fc00000u), sqrt(d), d > 0.0);
  }
  workgroupBarrier();
  if (thread > k && thread < u.width) { D[thread * ${block}u + k] /= D[k * ${block}u + k]; }
  workgroupBarrier();
  for (var e = thread; e < u.width * u.width; e += 256u) {
    let i = e / u.width;
    let j = e % u.width;
    if (j > k && i >= j) { D[i * ${block}u + j] -= D[i * ${block}u + k] * D[j * ${block}u + k]; }
  }
  workgroupBarrier();
}
${then}`,
});

/** Each thread solves for one row of the panel. */
const panelText = (matrix: string) => `
let row = linear * 256u + thread;
if (row < u.below) {
  let at = u.corner + (u.width + row) * u.n;
  for (var j = 0u; j < u.width; j++) {
    var x = ${matrix}[at + j];
    for (var k = 0u; k < j; k++) { x -= ${matrix}[at + k] * D[j * ${block}u + k]; }
    ${matrix}[at + j] = x / D[j * ${block}u + j];
  }
}`;

const diagonalText = (matrix: string) => `
for (var e = thread; e < u.width * u.width; e += 256u) {
  if (e % u.width <= e / u.width) {
    ${matrix}[u.corner + (e / u.width) * u.n + e % u.width] = D[(e / u.width) * ${block}u + e % u.width];
  }
}`;

/** Factor the lower triangle of a row-major matrix in place; the upper one is left as it is. */
function factor(kit: Kit, L: Operand, n: number): void {
  for (let start = 0; start < n; start += block) {
    const width = Math.min(block, n - start);
    const below = n - start - width;
    const uniforms: Record<string, Uniform> = {
      corner: ["u32", L.offset + start * n + start],
      n: ["u32", n],
      width: ["u32", width],
      below: ["u32", below],
    };
    // the panel first: its workgroups read the diagonal block, which only a later dispatch may change
    if (below > 0)
      kit.run({
        name: "cholesky panel",
        outputs: [L],
        inputs: [],
        uniforms,
        groups: Math.ceil(below / 256),
        source: ([m = ""]) => blockProgram(m, panelText(m)),
      });
    kit.run({
      name: "cholesky diagonal",
      outputs: [L],
      inputs: [],
      uniforms,
      groups: 1,
      source: ([m = ""]) => blockProgram(m, diagonalText(m)),
    });
    if (below === 0) continue;
    const panel = L.offset + (start + width) * n + start;
    const rest: Operand = { ...L, offset: L.offset + (start + width) * (n + 1), shape: [below, below] };
    product(kit, {
      name: "cholesky rest",
      m: below,
      n: below,
      k: width,
      batch: 1,
      output: rest,
      inputs: [L],
      uniforms: { panel: ["u32", panel], n: ["u32", n] },
      begin: () => "",
      skip: "if (tileN > tileM) { return; }",
      a: ([m]) => `${m}[u.panel + m * u.n + k]`,
      b: ([m]) => `${m}[u.panel + n * u.n + k]`,
      place: "m * u.n + n",
      where: "n <= m",
      value: ([m]) => `${m}[u.to + at] - value`,
      aAlongK: true,
      bAlongK: true,
    });
  }
}

/** What a failed pivot spoilt says so when it is read: a factor from that pivot on, an inverse everywhere. */
function checkPivots(output: Operand, where: string, name: string, isFactor: boolean): void {
  const { shape, offset } = output;
  const n = shape[0] as number;
  (output.handle as Block).check = (values) => {
    for (let pivot = 0; pivot < n; pivot++) {
      if (!Number.isNaN(values[offset + pivot * (n + 1)])) continue;
      return new NumericalError({
        where,
        problem: `${name} is not positive definite or not finite (${isFactor ? `pivot ${pivot}, ` : ""}matrix [${shape.join(", ")}])`,
        help: "Raise damping, or look for NaN or Infinity in what it was made from.",
        details: isFactor ? { pivot, value: Number.NaN, shape } : { shape },
      });
    }
    return undefined;
  };
}

/** Write the lower triangle of A, with μ added to its diagonal, and zeros above. */
function lowerOf(kit: Kit, L: Operand, A: Operand, damping: number, mu?: Operand): void {
  const n = A.shape[0] as number;
  each(kit, {
    name: `lower ${mu !== undefined}`,
    outputs: [L],
    inputs: mu === undefined ? [A] : [A, mu],
    size: n * n,
    uniforms: {
      n: ["u32", n],
      row: ["i32", A.strides[0] as number],
      column: ["i32", A.strides[1] as number],
      damping: ["f32", damping],
    },
    main: ([to], [from, damped]) => `
let y = i / u.n;
let x = i % u.n;
let value = ${from}[u32(u.i0 + i32(y) * u.row + i32(x) * u.column)];
${to}[u.o0 + i] = select(select(0.0, value, x < y), value + ${damped === undefined ? "u.damping" : `${damped}[u32(u.i1)]`}, x == y);`,
  });
}

/** Y = XᵀX */
function squareOf(kit: Kit, Y: Operand, X: Operand, n: number): void {
  product(kit, {
    name: "inverse",
    m: n,
    n,
    k: n,
    batch: 1,
    output: Y,
    inputs: [X],
    uniforms: {},
    begin: () => "",
    skip: "if (tileN > tileM) { return; }",
    a: ([x]) => `${x}[k * u.M + m]`,
    b: ([x]) => `${x}[k * u.N + n]`,
    place: "m * u.N + n",
    also: (to) => `if (tileN < tileM) { ${to}[u.to + n * u.N + m] = value; }`,
    aAlongK: false,
    bAlongK: false,
  });
}

export function factorizationKernels(kit: Kit, copy: Kernel): Record<string, Kernel> {
  return {
    cholesky(outputs, inputs) {
      const [L] = outputs as readonly [Operand];
      const [A] = inputs as readonly [Operand];
      if (!isFloat32(A)) return false;
      lowerOf(kit, L, A, 0);
      factor(kit, L, A.shape[0] as number);
      checkPivots(L, "cholesky", "A", true);
      return true;
    },

    // L Lᵀ = A + μI, X = L⁻¹, XᵀX, and a step of refinement
    dampedInverse(outputs, inputs, { damping }: { damping: number }) {
      const [out] = outputs as readonly [Operand];
      const [A, mu] = inputs as readonly [Operand, Operand | undefined];
      if (!isFloat32(...inputs)) return false;
      const n = A.shape[0] as number;
      kit.temporary("float32", [n, n], (L) => {
        lowerOf(kit, L, A, damping, mu);
        factor(kit, L, n);
        kit.temporary("float32", [n, n], (X) => {
          each(kit, {
            name: "identity",
            outputs: [X],
            inputs: [],
            size: n * n,
            uniforms: { n: ["u32", n] },
            main: ([to]) => `${to}[i] = select(0.0, 1.0, i / u.n == i % u.n);`,
          });
          const lower = { operand: L, row: n, column: 1, isForward: true, unitDiagonal: false };
          solveInPlace(kit, lower, X, (end) => end); // columns from the diagonal on stay 0
          squareOf(kit, L, X, n); // the factor has done its work
          refine(kit, out, A, L, X, damping, mu);
        });
      });
      checkPivots(out, "dampedInverse", "A + μI", false);
      return true;
    },

    solveTriangular(outputs, inputs, { lower, transpose, unitDiagonal }) {
      const [T, B] = inputs as readonly [Operand, Operand];
      if (!isFloat32(T, B)) return false;
      const columns = B.shape[1] as number;
      const [down, right] = T.strides as readonly [number, number];
      const [X] = outputs as readonly [Operand];
      copy([X], [B], {}, { name: "copy" });
      solveInPlace(
        kit,
        {
          operand: T,
          row: transpose ? right : down,
          column: transpose ? down : right,
          isForward: lower !== transpose,
          unitDiagonal,
        },
        X,
        () => columns,
      );
      return true;
    },
  };
}
