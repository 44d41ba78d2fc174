/** Where the elements of an operand lie, as text of a kernel: strides and sizes are constants of it, the offset is not. */

import { broadcastStrides, type Layout, type Shape, sizeOf } from "@kronograd/tensor";
import { joinAxes } from "@kronograd/tensor/kernel";

/** The place of element `index` (whole number, row-major over `counts`) of strided axes, as an expression. */
export function placeOf(index: string, counts: Shape, strides: readonly number[]): string {
  const walk = joinAxes(counts, [strides]);
  const terms: string[] = [];
  let step = 1;
  for (let axis = walk.counts.length - 1; axis >= 0; axis--) {
    const [n, stride] = [walk.counts[axis] as number, walk.strides[0]?.[axis] as number];
    const rest = step === 1 ? index : `quotient(${index}, ${step})`;
    if (stride !== 0) terms.unshift(times(axis === 0 ? rest : `remainder(${rest}, ${n})`, stride));
    step *= n;
  }
  return terms.length === 0 ? "0" : terms.join(" + ").replaceAll("+ -", "- ");
}

/** A whole number times a constant, as text. */
export function times(index: string, by: number): string {
  return by === 1 ? index : `${by} * ${/^\w+(\(.*\))?$/.test(index) ? index : `(${index})`}`;
}

/** The place of element `index` of an operand itself, or of the operand broadcast to a shape. */
export function elementOf(index: string, operand: Layout, shape: Shape = operand.shape): string {
  return placeOf(index, shape, shape === operand.shape ? operand.strides : broadcastStrides(operand, shape));
}

/** The places along some of an operand's axes, in their order. */
export function along(index: string, { shape, strides }: Layout, axes: readonly number[]): string {
  return placeOf(
    index,
    axes.map((axis) => shape[axis] as number),
    axes.map((axis) => strides[axis] as number),
  );
}

/** How many elements some of the axes have. */
export const widthOf = (shape: Shape, axes: readonly number[]): number =>
  sizeOf(axes.map((axis) => shape[axis] as number));
