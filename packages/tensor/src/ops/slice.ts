/** Parts of a tensor as views, and their transpose, which puts a tensor into a larger one. */

import { UsageError } from "../errors.ts";
import { offsetsOf } from "../layout/offsets.ts";
import { rowMajor } from "../layout/rows.ts";
import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import type { Rng } from "../tensor/rng.ts";
import { type Layout, type Shape, sizeOf } from "../tensor/shape.ts";
import { alias, type Tensor } from "../tensor/tensor.ts";

/**
 * Elements kept along one axis: those at start, start + step, … before stop. Negative bounds count from the end. Missing
 * ones mean the whole axis (from the last element to the first where the step is negative); null means all of it.
 */
export type Range = readonly [start?: number | undefined, stop?: number | undefined, step?: number] | null;

/** One count, first place and step for each axis. */
interface Grid {
  readonly counts: readonly number[];
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

/** The elements of a grid within a larger array. */
function gridOf({ shape, strides, offset }: Layout, { counts, starts, steps }: Grid): Layout {
  return {
    shape: counts,
    strides: shape.map((_, axis) => (strides[axis] as number) * (steps[axis] as number)),
    offset: starts.reduce((sum, start, axis) => sum + start * (strides[axis] as number), offset),
  };
}

const sliceOp = /* @__PURE__ */ defineOp<Grid>({
  name: "slice",
  view: gridOf,
  vjp: { pull: ([cotangent], { specs }, grid) => [embed(cotangent, specs[0].shape, grid, 0)] },
});

/* @__PURE__ */ sampled(sliceOp, (rng) => {
  const { shape, grid } = sampleGrid(rng);
  return { inputs: [{ shape }], params: grid };
});

/** The gradient of `slice`, and with a value the op behind `pad`. */
const sliceGradOp = /* @__PURE__ */ defineOp<Grid & { readonly shape: Shape; readonly value: number }, ["x"]>({
  name: "sliceGrad",
  shape: ([x], { shape }) => [{ shape, dtype: x.dtype }],
  reference([out], [x], params) {
    const { data } = out;
    const target = gridOf(out, params);
    const source = rowMajor(x);
    const places = offsetsOf(target.shape, target.strides);
    data.fill(params.value, out.offset, out.offset + sizeOf(out.shape));
    for (let i = 0; i < places.length; i++) data[target.offset + places[i]!] = source[i]!;
  },
  vjp: { pull: ([cotangent], _, grid) => [run(sliceOp, [cotangent], grid)] },
});

/* @__PURE__ */ sampled(sliceGradOp, (rng) => {
  const { shape, grid } = sampleGrid(rng);
  return { inputs: [{ shape: grid.counts }], params: { ...grid, shape, value: 0.5 } };
});

function sampleGrid(rng: Rng): { shape: Shape; grid: Grid } {
  const counts = Array.from({ length: 1 + rng.integer(3) }, () => 1 + rng.integer(3));
  const steps = counts.map(() => [1, 2, -1][rng.integer(3)] as number);
  const spans = counts.map((n, axis) => (n - 1) * Math.abs(steps[axis] as number) + 1);
  const before = counts.map(() => rng.integer(2));
  const starts = counts.map(
    (_, axis) => (before[axis] as number) + ((steps[axis] as number) < 0 ? (spans[axis] as number) - 1 : 0),
  );
  return {
    shape: spans.map((n, axis) => n + (before[axis] as number) + rng.integer(2)),
    grid: { counts, starts, steps },
  };
}

/** Put x on a grid of a tensor of `shape` that is `value` elsewhere. */
export function embed(x: Tensor, shape: Shape, grid: Grid, value: number): Tensor {
  return run(sliceGradOp, [x], { ...grid, shape, value });
}

/**
 * Take a part of a tensor, without a copy.
 *
 * @param ranges  one for each axis, [start, stop, step]; null, or none for trailing axes, keeps an axis whole
 * @throws {UsageError} a bound is outside of its axis, a step is 0, or there are more ranges than axes
 * @example
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * slice(x, [null, [1]]);                           // [[2, 3], [5, 6]]
 * slice(x, [[-1], [undefined, undefined, -1]]);    // [[6, 5, 4]]
 */
export function slice(x: Tensor, ranges: readonly Range[]): Tensor {
  if (ranges.length > x.rank) {
    throw new UsageError({
      where: "slice",
      problem: "there are more ranges than axes",
      expected: `at most ${x.rank}`,
      got: ranges.length,
    });
  }
  if (ranges.every((range) => range === null)) return alias(x);
  const along = x.shape.map((n, axis) => resolve(n, axis, ranges[axis] ?? []));
  return run(sliceOp, [x], {
    counts: along.map(({ count }) => count),
    starts: along.map(({ start }) => start),
    steps: along.map(({ step }) => step),
  });
}

function resolve(n: number, axis: number, [start, stop, step = 1]: NonNullable<Range>) {
  const bad = (problem: string, expected: string, got: unknown) =>
    new UsageError({
      where: "slice",
      problem: `${problem} of axis ${axis}`,
      expected,
      got,
      details: { axis, size: n },
    });
  if (!Number.isInteger(step) || step === 0) throw bad("step", "a whole number other than 0", step);
  const bound = (name: string, value: number | undefined, missing: number, last: number): number => {
    if (value === undefined) return missing;
    if (!Number.isInteger(value) || value < -n || value > last)
      throw bad(`${name} is outside`, `${-n} … ${last}`, value);
    return value < 0 ? value + n : value;
  };
  const forward = step > 0;
  const from = bound("start", start, forward ? 0 : n - 1, forward ? n : n - 1);
  const to = bound("stop", stop, forward ? n : -1, n);
  return { start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}
