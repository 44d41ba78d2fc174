/** Layouts as programs walk them: the fewest axes that all operands of a call cross in step. */

import { broadcastStrides, isContiguous, type Layout, type Shape, sizeOf } from "@kronograd/tensor";

/** Axes of a walk, outermost first: how many steps, and how far each operand goes with one. */
export interface Walk {
  readonly counts: readonly number[];
  /** [operand][axis], in elements. */
  readonly strides: readonly (readonly number[])[];
}

/** Join neighbouring axes that every operand crosses in equal steps; axes of size 1 vanish. */
export function joined(counts: readonly number[], strides: readonly (readonly number[])[]): Walk {
  const axes: { n: number; steps: number[] }[] = [];
  counts.forEach((n, axis) => {
    if (n === 1) return;
    const steps = strides.map((own) => own[axis] as number);
    const last = axes.at(-1);
    if (last?.steps.every((outer, i) => outer === (steps[i] as number) * n)) {
      axes[axes.length - 1] = { n: last.n * n, steps };
    } else {
      axes.push({ n, steps });
    }
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
  return joined(
    shape,
    operands.map((operand) => broadcastStrides(operand, shape)),
  );
}

/** An operand's own axes, some of them. */
export function axesWalk({ shape, strides }: Layout, axes: readonly number[]): Walk {
  return joined(
    axes.map((axis) => shape[axis] as number),
    [axes.map((axis) => strides[axis] as number)],
  );
}

/** Axes that are not listed. */
export function otherAxes(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
}

/**
 * Whether elements can be read four at once along an axis: they lie side by side, and every four begin at a multiple of four.
 *
 * @param stride  of that axis
 * @param count   its length
 * @param steps   strides of all other axes
 */
export function inFours({ offset }: Layout, stride: number, count: number, steps: readonly number[]): boolean {
  return stride === 1 && [offset, count, ...steps].every((number) => number % 4 === 0);
}
