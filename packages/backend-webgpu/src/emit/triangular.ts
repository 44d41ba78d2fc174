/**
 * Forward and back substitution by blocks of 32 rows: a product takes what the rows before contribute off a block, and then
 * one thread a column solves in it. So a thread has 16 n steps one after another, where without blocks it had n²/2.
 */

import type { Operand } from "@kronograd/tensor";
import type { Kit, Uniform } from "../kit.ts";
import { each } from "./each.ts";
import { product } from "./tile.ts";

const block = 32;
/** Rows that one product takes at once, few enough not to be cut into slices, which would write all columns. */
const longest = 512;

/** How a triangle is read: L's rows downwards, or U's upwards, as they stand or turned. */
export interface Triangle {
  readonly operand: Operand;
  readonly row: number;
  readonly column: number;
  readonly isForward: boolean;
  readonly unitDiagonal: boolean;
}

/**
 * Solve T X = B in B's place.
 *
 * @param X          [n, k]  row-major: B, then X
 * @param columnsOf  how many columns of the rows before `end` are not 0 in X
 * @cost             n² k flops, all but 32 n k of them in products; 2 n / 32 dispatches
 */
export function solveInPlace(kit: Kit, T: Triangle, X: Operand, columnsOf: (end: number) => number): void {
  const [n, columns] = X.shape as readonly [number, number];
  const { operand, row, column, isForward, unitDiagonal } = T;
  const y = (step: string) => (isForward ? `(${step})` : `(u.n - 1u - (${step}))`);
  const t = (from: string, down: string, right: string) =>
    `${from}[u32(u.t + i32(${y(down)}) * u.row + i32(${y(right)}) * u.column)]`;
  for (let start = 0; start < n; start += block) {
    const width = Math.min(block, n - start);
    const uniforms: Record<string, Uniform> = {
      n: ["u32", n],
      across: ["u32", columns],
      start: ["u32", start],
      t: ["i32", operand.offset],
      x: ["u32", X.offset],
      row: ["i32", row],
      column: ["i32", column],
    };
    const name = `${isForward} ${unitDiagonal}`;
    for (let from = 0; from < start; from += longest)
      product(kit, {
        name: `solve before ${name}`,
        m: width,
        n: columnsOf(start),
        k: Math.min(longest, start - from),
        batch: 1,
        output: X,
        inputs: [X, operand],
        uniforms: { ...uniforms, before: ["u32", from] },
        begin: () => "",
        a: ([, from]) => t(from as string, "u.start + m", "u.before + k"),
        b: ([x]) => `${x}[u.x + ${y("u.before + k")} * u.across + n]`,
        place: `${y("u.start + m")} * u.across + n`,
        value: ([x]) => `${x}[u.x + at] - value`,
        aAlongK: Math.abs(column) < Math.abs(row),
        bAlongK: false,
      });
    each(kit, {
      name: `solve ${name}`,
      outputs: [X],
      inputs: [operand],
      size: columnsOf(start + width),
      uniforms: { ...uniforms, end: ["u32", start + width] },
      main: ([to], [from = ""]) => `
for (var step = u.start; step < u.end; step++) {
  let at = u.o0 + ${y("step")} * u.across + i;
  var x = ${to}[at];
  for (var k = u.start; k < step; k++) { x -= ${t(from, "step", "k")} * ${to}[u.o0 + ${y("k")} * u.across + i]; }
  ${to}[at] = ${unitDiagonal ? "x" : `x / ${t(from, "step", "step")}`};
}`,
    });
  }
}
