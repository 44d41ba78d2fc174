/** The loops of sum: rows along the last axes, each added to the elements of the output that it belongs to. */

import { chunkSize, load } from "../layout/chunk.ts";
import { offsetsOf } from "../layout/offsets.ts";
import type { HostOperand } from "../layout/operand.ts";
import type { Reference } from "../op/op.ts";
import { sizeOf, stridesOf } from "../tensor/shape.ts";

/** Axes of a reduction: sorted, ≥ 0; with `keep` they stay with size 1. */
export interface Reduced {
  readonly axes: readonly number[];
  readonly keep: boolean;
}

const terms = new Float64Array(chunkSize);

/** Floats are summed in float64, each output's terms in the row-major order of the input. */
export const sumLoops: Reference<Reduced, ["x"]> = ([out], [x], { axes }) => {
  const { lead, leadStrides, leadTargets, width, step, isReduced } = rowsOf(x, axes);
  const sums = new Float64Array(sizeOf(out.shape));
  const targets = offsetsOf(lead, leadTargets);
  offsetsOf(lead, leadStrides).forEach((start, row) => {
    const target = targets[row]!;
    for (let column = 0; column < width; column += chunkSize) {
      const n = Math.min(chunkSize, width - column);
      load(terms, x.data, x.offset + start + column * step, n, step);
      if (isReduced) {
        let total = sums[target]!;
        for (let i = 0; i < n; i++) total += terms[i]!;
        sums[target] = total;
      } else {
        for (let i = 0; i < n; i++) sums[target + column + i]! += terms[i]!;
      }
    }
  });
  out.data.set(sums, out.offset);
};

/** The input as rows along its last axes, joined while they lie row-major and are reduced (or kept) alike. */
function rowsOf({ shape, strides }: HostOperand, axes: readonly number[]) {
  const kept = stridesOf(shape.map((n, axis) => (axes.includes(axis) ? 1 : n)));
  const targets = kept.map((stride, axis) => (axes.includes(axis) ? 0 : stride)); // strides of the output
  let first = Math.max(0, shape.length - 1);
  const step = strides[first] ?? 1;
  const isReduced = axes.includes(first);
  let width = shape[first] ?? 1;
  while (first > 0 && axes.includes(first - 1) === isReduced && strides[first - 1] === width * step) {
    first -= 1;
    width *= shape[first]!;
  }
  return {
    lead: shape.slice(0, first),
    leadStrides: strides.slice(0, first),
    leadTargets: targets.slice(0, first),
    width,
    step,
    isReduced,
  };
}
