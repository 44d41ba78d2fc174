/**
 * One element of each row, by index; and its transpose, which scatters elements into rows of zeros. Each is the other's
 * vector–Jacobian product. A row is spanned by any axes; an index counts its elements row-major.
 */

import { forEachRow, rowMajor, without } from "../layout/rows.ts";
import { run } from "../op/dispatch.ts";
import { assertIndices, checkIndex } from "../op/indices.ts";
import { defineOp, type Spec } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { assertShape, checkShape, normalizeAxes, type Shape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

const pickOp = /* @__PURE__ */ defineOp<{ readonly axes: readonly number[] }, ["x", "indices"]>({
  name: "pick",
  shape: ([x, indices], { axes }) => [{ shape: fits("pick", x.shape, indices, axes), dtype: x.dtype }],
  reference([out], [x, indices], { axes }) {
    const chosen = rowMajor(indices);
    forEachRow(x, axes, (row, positions) => {
      checkIndex("pick", chosen[row]!, row, positions.length);
      out.data[out.offset + row] = x.data[positions[chosen[row]!]!]!;
    });
  },
  vjp: {
    saveInputs: () => [1],
    pull: ([cotangent], saved, { axes }) => [scatter(cotangent, saved.input(1), saved.specs[0].shape, axes), null],
  },
});

/* @__PURE__ */ sampled(pickOp, (rng) => {
  const { shape, axes, indices } = sampleRows(rng);
  return { inputs: [{ shape }, indices], params: { axes } };
});

const scatterOp = /* @__PURE__ */ defineOp<
  { readonly axes: readonly number[]; readonly shape: Shape },
  ["values", "indices"]
>({
  name: "scatter",
  shape([values, indices], { axes, shape }) {
    fits("scatter", shape, indices, axes);
    fits("scatter", shape, values, axes);
    return [{ shape, dtype: values.dtype }];
  },
  reference([out], [values, indices], { axes }) {
    const chosen = rowMajor(indices);
    const source = rowMajor(values);
    out.data.fill(0, out.offset, out.offset + sizeOf(out.shape));
    forEachRow(out, axes, (row, positions) => {
      checkIndex("scatter", chosen[row]!, row, positions.length);
      out.data[positions[chosen[row]!]!] = source[row]!;
    });
  },
  vjp: {
    saveInputs: () => [1],
    pull: ([cotangent], saved, { axes }) => [pick(cotangent, saved.input(1), axes), null],
  },
});

/* @__PURE__ */ sampled(scatterOp, (rng) => {
  const { shape, axes, indices } = sampleRows(rng);
  return { inputs: [{ shape: without(shape, axes) }, indices], params: { axes, shape } };
});

function sampleRows(rng: { integer(n: number): number }) {
  const shape = Array.from({ length: 1 + rng.integer(3) }, () => 1 + rng.integer(3));
  const axes = shape.map((_, axis) => axis).filter((axis) => axis === 0 || rng.integer(2) === 1);
  const width = sizeOf(axes.map((axis) => shape[axis] as number));
  return { shape, axes, indices: { shape: without(shape, axes), dtype: "int32", range: [0, width] } as const };
}

/** The shape of one element a row. @throws {ShapeError | DtypeError} another shape or dtype of indices */
function fits(where: string, shape: Shape, entries: Spec, axes: readonly number[]): Shape {
  const rows = without(shape, axes);
  assertShape(where, `there must be one entry for each row of [${shape.join(", ")}]`, rows, entries.shape);
  return rows;
}

/**
 * Take one element of each row.
 *
 * @param x        [any]
 * @param indices  x's shape without `axes`, int32: the element's place in its row
 * @param axes     axes that span a row (default: the last)
 * @returns        x's shape without `axes`
 * @throws {UsageError} an index is out of range
 * @example
 * pick(tensor([[1, 2, 3], [4, 5, 6]]), tensor(Int32Array.of(2, 0)));   // [3, 4]
 */
export function pick(x: Tensor, indices: Tensor, axes: number | readonly number[] = -1): Tensor {
  assertIndices("pick", indices);
  return run(pickOp, [x, indices], { axes: normalizeAxes("pick", axes, x.rank) });
}

/**
 * Put one element into each row of a tensor of zeros: the transpose of `pick`.
 *
 * @param values   the shape without `axes`
 * @param indices  the same shape, int32
 * @param shape    of the result
 * @param axes     axes that span a row (default: the last)
 * @throws {UsageError} an index is out of range
 * @example
 * scatter(tensor([3, 4]), tensor(Int32Array.of(2, 0)), [2, 3]);   // [[0, 0, 3], [4, 0, 0]]
 */
export function scatter(values: Tensor, indices: Tensor, shape: Shape, axes: number | readonly number[] = -1): Tensor {
  checkShape("scatter", shape);
  assertIndices("scatter", indices);
  return run(scatterOp, [values, indices], { axes: normalizeAxes("scatter", axes, shape.length), shape });
}
