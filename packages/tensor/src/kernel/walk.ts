/** Layouts as kernels walk them: the fewest axes that all operands of a call cross in step. */

import { broadcastStrides, isContiguous, type Layout, type Shape, sizeOf } from "../tensor/shape.ts";

/** Axes of a walk, outermost first: how many steps, and how far each operand goes with one. */
export interface Walk {
  readonly counts: readonly number[];
  /** [operand][axis], in elements. */
  readonly strides: readonly (readonly number[])[];
}

/** Join neighbouring axes that every operand crosses in equal steps; axes of size 1 vanish. */
export function joinAxes(counts: readonly number[], strides: readonly (readonly number[])[]): Walk {
  const axes: { n: number; steps: number[] }[] = [];
  counts.forEach((n, axis) => {
    if (n === 1) return;
    const steps = strides.map((own) => own[axis] as number);
    const last = axes.at(-1);
    if (last?.steps.every((outer, i) => outer === (steps[i] as number) * n))
      axes[axes.length - 1] = { n: last.n * n, steps };
    else axes.push({ n, steps });
  });
  return {
    counts: axes.map(({ n }) => n),
    strides: strides.map((_, i) => axes.map(({ steps }) => steps[i] as number)),
  };
}

/** The walk of operands that broadcast to a shape. */
export function broadcastWalk(shape: Shape, operands: readonly Layout[]): Walk {
  const size = sizeOf(shape);
  if (operands.every((operand) => isContiguous(operand) && sizeOf(operand.shape) === size)) {
    return { counts: size === 1 ? [] : [size], strides: operands.map(() => (size === 1 ? [] : [1])) };
  }
  return joinAxes(
    shape,
    operands.map((operand) => broadcastStrides(operand, shape)),
  );
}

/** The walk along some axes of operands of one shape. */
export function axesWalk(operands: readonly Layout[], axes: readonly number[]): Walk {
  const along = (values: readonly number[]) => axes.map((axis) => values[axis] as number);
  return joinAxes(
    along((operands[0] as Layout).shape),
    operands.map(({ strides }) => along(strides)),
  );
}

/** Axes that are not listed. */
export function otherAxes(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
}
