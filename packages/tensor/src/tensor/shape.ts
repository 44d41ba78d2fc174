/** Shapes, strides and broadcasting as pure functions; no tensor in sight. */

import { ShapeError, UsageError } from "../errors.ts";

/** Sizes of the axes; [] for a scalar. */
export type Shape = readonly number[];

/** How a tensor lies in its buffer: element (i, j, …) is at offset + i·strides[0] + j·strides[1] + …. */
export interface Layout {
  readonly shape: Shape;
  /** In elements, may be 0 (broadcast) or negative (flipped). */
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Number of elements; 1 for the scalar shape []. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** Row-major strides. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] ?? 1;
  }
  return strides;
}

/** Whether the elements lie row-major without gaps (axes of size 1 may have any stride). */
export function isContiguous({ shape, strides }: Layout): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis] as number;
    if (n !== 1 && strides[axis] !== step) return shape.includes(0);
    step *= n;
  }
  return true;
}

/**
 * Strides that give the same elements in row-major order another shape, or null where only a copy can.
 *
 * Both shapes are cut into the smallest groups of neighbouring axes with equal sizes; a group can be read in one step if
 * its old axes lie row-major among themselves.
 */
export function reshapeStrides({ shape, strides }: Pick<Layout, "shape" | "strides">, target: Shape): number[] | null {
  const old = shape.map((n, axis) => ({ n, stride: strides[axis] as number })).filter(({ n }) => n !== 1);
  if (old.some(({ n }) => n === 0)) return stridesOf(target);
  const result = new Array<number>(target.length);
  for (let to = 0, from = 0; to < target.length; ) {
    let end = to + 1;
    let until = from;
    for (let size = target[to] as number, oldSize = 1; oldSize !== size; ) {
      if (oldSize < size) oldSize *= old[until++]!.n;
      else size *= target[end++] as number;
    }
    const innermost = until > from ? old[until - 1]!.stride : 1;
    let step = innermost;
    for (let axis = until - 1; axis >= from; axis--) {
      if (old[axis]!.stride !== step) return null;
      step *= old[axis]!.n;
    }
    step = innermost;
    for (let axis = end - 1; axis >= to; axis--) {
      result[axis] = step;
      step *= target[axis] as number;
    }
    from = until;
    to = end;
  }
  return result;
}

/** The first and the last place of a buffer that a layout touches; the last is below the first where it is empty. */
export function extentOf({ shape, strides, offset }: Layout): readonly [number, number] {
  let [first, last] = [offset, offset];
  for (let axis = 0; axis < shape.length; axis++) {
    const reach = ((shape[axis] as number) - 1) * (strides[axis] as number);
    if (shape[axis] === 0) return [0, -1];
    if (reach < 0) first += reach;
    else last += reach;
  }
  return [first, last];
}

/** Whether two shapes have the same sizes. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis]);
}

/** Tuples of as many numbers as there are axes. */
interface Dims {
  readonly 1: readonly [number];
  readonly 2: readonly [number, number];
  readonly 3: readonly [number, number, number];
  readonly 4: readonly [number, number, number, number];
}

/** A shape, or strides, of n axes as a tuple. @throws {ShapeError} there is another number of axes */
export function dims<N extends keyof Dims>(
  list: readonly number[],
  n: N,
  where = "dims",
  problem = `needs ${n} axes`,
  help?: string,
): Dims[N] {
  if (list.length === n) return list as readonly number[] as Dims[N];
  throw new ShapeError({ where, problem, got: list, help });
}

/** Check a shape against the one that is wanted. @throws {ShapeError} they differ */
export function assertShape(where: string, problem: string, expected: Shape, got: Shape, help?: string): void {
  if (!sameShape(expected, got)) throw new ShapeError({ where, problem, expected, got, help });
}

/** Check that every size is a whole number ≥ 0. */
export function checkShape(where: string, shape: Shape): void {
  if (shape.every((n) => Number.isInteger(n) && n >= 0)) return;
  throw new ShapeError({ where, problem: "sizes must be whole numbers ≥ 0", got: shape });
}

/**
 * The common shape of operands that broadcast against each other (NumPy's rule: align at the right; a size of 1 stretches).
 *
 * @throws {ShapeError} two sizes differ and neither is 1
 */
export function broadcastShapes(where: string, shapes: readonly Shape[]): Shape {
  const first = shapes[0];
  if (first !== undefined && shapes.every((shape) => sameShape(shape, first))) return first;
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const axis = rank - shape.length + i;
      const n = shape[i] as number;
      if (n === 1 || n === result[axis]) continue;
      if (result[axis] !== 1) {
        throw new ShapeError({
          where,
          problem: `shapes ${shapes.map((s) => `[${s.join(", ")}]`).join(" and ")} do not broadcast: ${result[axis]} ≠ ${n}`,
          help: "Sizes must be equal or 1, aligned at the right.",
          details: { shapes },
        });
      }
      result[axis] = n;
    }
  }
  return result;
}

/** Strides that read `layout` as if it had the broadcast shape: 0 along every stretched axis. */
export function broadcastStrides(layout: Pick<Layout, "shape" | "strides">, shape: Shape): number[] {
  const lead = shape.length - layout.shape.length;
  return shape.map((n, axis) => {
    if (axis < lead) return 0;
    const own = layout.shape[axis - lead] as number;
    return own === n ? (layout.strides[axis - lead] as number) : 0;
  });
}

/** Turn a possibly negative axis into 0 … rank−1. */
export function normalizeAxis(where: string, axis: number, rank: number): number {
  const result = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && result >= 0 && result < rank) return result;
  throw new UsageError({
    where,
    problem: "axis is out of range",
    expected: rank === 0 ? "no axis (the tensor is a scalar)" : `${-rank} … ${rank - 1}`,
    got: axis,
  });
}

/** Normalised, sorted, distinct axes; all axes when none are given. */
export function normalizeAxes(where: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = typeof axes === "number" ? [axes] : axes;
  const result = [...new Set(list.map((axis) => normalizeAxis(where, axis, rank)))].sort((a, b) => a - b);
  if (result.length !== list.length) {
    throw new UsageError({ where, problem: "the same axis is named twice", got: list });
  }
  return result;
}
