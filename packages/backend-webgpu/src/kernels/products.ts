/** Matrix products of all layouts, dense layers with their bias, and X Xᵀ, of which only half is computed. */

import { broadcastStrides, type Kernel, type Operand, type Shape, sizeOf } from "@kronograd/tensor";
import { isFloat32, joinAxes, type Walk } from "@kronograd/tensor/kernel";
import { inFours } from "../emit/fours.ts";
import { product } from "../emit/tile.ts";
import { walkText, walkUniforms } from "../emit/walk.ts";
import type { Kit, Uniform } from "../kit.ts";

/** The strides of a matrix's two axes. */
interface Matrix {
  readonly operand: Operand;
  readonly row: number;
  readonly column: number;
}

const matrix = (operand: Operand): Matrix => ({
  operand,
  row: operand.strides.at(-2) as number,
  column: operand.strides.at(-1) as number,
});

/** Whether no other operand of a call is in this one's buffer, so that its binding may be of vec4s. */
const isAlone = ({ handle }: Operand, all: readonly Operand[]) =>
  all.filter((other) => other.handle === handle).length === 1;

/** The text of an input's element at a place, or of the four from there on. */
const element = (input: number, place: string, isWide: boolean) => (inputs: readonly string[]) =>
  isWide ? `${inputs[input]}[${place} / 4u]` : `${inputs[input]}[${place}]`;

/** C = A B over a batch; C is row-major. */
function multiply(
  kit: Kit,
  name: string,
  output: Operand,
  a: Matrix,
  b: Matrix,
  size: { readonly m: number; readonly n: number; readonly k: number; readonly lead: Shape },
  bias?: Operand,
): void {
  const { m, n, k, lead } = size;
  const walk = batchWalk(lead, [a.operand, b.operand]);
  const uniforms: Record<string, Uniform> = {
    a: ["i32", a.operand.offset],
    ar: ["i32", a.row],
    ac: ["i32", a.column],
    b: ["i32", b.operand.offset],
    br: ["i32", b.row],
    bc: ["i32", b.column],
    ...walkUniforms("z", walk),
  };
  if (bias !== undefined) {
    uniforms.c = ["i32", bias.offset];
    uniforms.cs = ["i32", bias.strides[0] as number];
  }
  const inputs = bias === undefined ? [a.operand, b.operand] : [a.operand, b.operand, bias];
  const [stepsA = [], stepsB = []] = walk.strides;
  const isWideA = isAlone(a.operand, [output, ...inputs]) && inFours(a.operand, a.row, m, [a.column, ...stepsA]);
  const isWideB = isAlone(b.operand, [output, ...inputs]) && inFours(b.operand, b.column, n, [b.row, ...stepsB]);
  product(kit, {
    name: `${name} ${walk.counts.length} ${bias !== undefined}`,
    m,
    n,
    k,
    batch: sizeOf(lead),
    output,
    inputs,
    uniforms,
    begin: () => `${walkText("z", walk, "z")}\nlet fromA = u.a + zat0;\nlet fromB = u.b + zat1;`,
    a: element(0, "u32(fromA + i32(m) * u.ar + i32(k) * u.ac)", isWideA),
    b: element(1, "u32(fromB + i32(k) * u.br + i32(n) * u.bc)", isWideB),
    fours: { a: isWideA ? 0 : undefined, b: isWideB ? 1 : undefined },
    place: "(z * u.M + m) * u.N + n",
    ...(bias === undefined
      ? {}
      : { value: ([, , c]: readonly string[]) => `value + ${c}[u32(u.c + i32(at % u.N) * u.cs)]` }),
    aAlongK: Math.abs(a.column) < Math.abs(a.row),
    bAlongK: Math.abs(b.row) < Math.abs(b.column),
  });
}

function batchWalk(lead: Shape, operands: readonly Operand[]): Walk {
  const strides = operands.map(({ shape, strides }) =>
    broadcastStrides({ shape: shape.slice(0, -2), strides: strides.slice(0, -2) }, lead),
  );
  return joinAxes(lead, strides);
}

export function productKernels(kit: Kit, copy: Kernel): Record<string, Kernel> {
  return {
    matmul(outputs, inputs) {
      if (!isFloat32(...inputs)) return false;
      const [out] = outputs as readonly [Operand];
      const [a, b] = inputs as readonly [Operand, Operand];
      const size = {
        m: a.shape.at(-2) as number,
        k: a.shape.at(-1) as number,
        n: b.shape.at(-1) as number,
        lead: out.shape.slice(0, -2),
      };
      multiply(kit, "matmul", out, matrix(a), matrix(b), size);
      return true;
    },

    linear(outputs, inputs) {
      if (!isFloat32(...inputs)) return false;
      const [out] = outputs as readonly [Operand];
      const [x, weight, bias] = inputs as readonly [Operand, Operand, Operand | undefined];
      const { row: outputStride, column: inputStride } = matrix(weight);
      const size = {
        m: sizeOf(x.shape.slice(0, -1)),
        k: x.shape.at(-1) as number,
        n: weight.shape[0] as number,
        lead: [],
      };
      const right = { operand: weight, row: inputStride, column: outputStride };
      const times = (a: Operand) => multiply(kit, "linear", out, matrix(a), right, size, bias);
      const rows = joinAxes(x.shape.slice(0, -1), [x.strides.slice(0, -1)]);
      if (rows.counts.length <= 1) {
        times({ ...x, shape: [size.m, size.k], strides: [rows.strides[0]?.[0] ?? 0, x.strides.at(-1) as number] });
      } else {
        // rows that no single stride reaches
        kit.temporary("float32", [size.m, size.k], (dense) => {
          copy([dense], [x], {}, { name: "copy" });
          times(dense);
        });
      }
      return true;
    },

    addProduct(outputs, inputs, { decay }: { decay: number }) {
      if (!isFloat32(...inputs)) return false;
      const [out] = outputs as readonly [Operand];
      const [C, A, B] = inputs as readonly [Operand, Operand, Operand];
      const [a, b, c] = [matrix(A), matrix(B), matrix(C)];
      const [m, k] = A.shape as readonly [number, number];
      const n = B.shape[1] as number;
      const isWideA = isAlone(A, [out, ...inputs]) && inFours(A, a.row, m, [a.column]);
      const isWideB = isAlone(B, [out, ...inputs]) && inFours(B, b.column, n, [b.row]);
      product(kit, {
        name: "addProduct",
        m,
        n,
        k,
        batch: 1,
        output: out,
        inputs: [A, B, C],
        uniforms: {
          a: ["i32", A.offset],
          ar: ["i32", a.row],
          ac: ["i32", a.column],
          b: ["i32", B.offset],
          br: ["i32", b.row],
          bc: ["i32", b.column],
          c: ["i32", C.offset],
          cr: ["i32", c.row],
          cc: ["i32", c.column],
          decay: ["f32", decay],
        },
        begin: () => "",
        a: element(0, "u32(u.a + i32(m) * u.ar + i32(k) * u.ac)", isWideA),
        b: element(1, "u32(u.b + i32(k) * u.br + i32(n) * u.bc)", isWideB),
        fours: { a: isWideA ? 0 : undefined, b: isWideB ? 1 : undefined },
        place: "m * u.N + n",
        value: ([, , z]) => `value + u.decay * ${z}[u32(u.c + i32(at / u.N) * u.cr + i32(at % u.N) * u.cc)]`,
        aAlongK: Math.abs(a.column) < Math.abs(a.row),
        bAlongK: Math.abs(b.row) < Math.abs(b.column),
      });
      return true;
    },

    syrk([output], [X]) {
      if (!isFloat32(X)) return false;
      const { shape, strides, offset } = X as Operand;
      const [n, k] = shape as readonly [number, number];
      const [row, column] = strides as readonly [number, number];
      const isWide =
        isAlone(X as Operand, [output as Operand, X as Operand]) && inFours(X as Operand, row, n, [column]);
      product(kit, {
        name: "syrk",
        m: n,
        n,
        k,
        batch: 1,
        output: output as Operand,
        inputs: [X as Operand],
        uniforms: { a: ["i32", offset], ar: ["i32", row], ac: ["i32", column] },
        begin: () => "",
        skip: "if (tileN > tileM) { return; }",
        a: element(0, "u32(u.a + i32(m) * u.ar + i32(k) * u.ac)", isWide),
        b: element(0, "u32(u.a + i32(n) * u.ar + i32(k) * u.ac)", isWide),
        fours: isWide ? { a: 0, b: 0 } : {},
        place: "m * u.N + n",
        also: (out) => `if (tileN < tileM) { ${out}[u.to + n * u.N + m] = value; }`,
        aAlongK: Math.abs(column) < Math.abs(row),
        bAlongK: Math.abs(column) < Math.abs(row),
        isCompensated: true, // inverses multiply its error by the condition number
      });
      return true;
    },
  };
}
