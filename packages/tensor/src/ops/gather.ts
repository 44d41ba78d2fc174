/** Rows by index (a look-up table), and their transpose, sums of rows by index. Each is the other's vector–Jacobian product. */

import { ShapeError } from "../errors.ts";
import { rowMajor } from "../layout/rows.ts";
import { run } from "../op/dispatch.ts";
import { assertIndices, checkIndex } from "../op/indices.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import type { Rng } from "../tensor/rng.ts";
import { checkShape, sameShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

const gatherOp = /* @__PURE__ */ defineOp<Record<string, never>, ["x", "indices"]>({
  name: "gather",
  shape([x, indices]) {
    const { shape, dtype } = x;
    if (shape.length === 0) throw new ShapeError({ where: "gather", problem: "a scalar has no rows", got: shape });
    return [{ shape: [...indices.shape, ...shape.slice(1)], dtype }];
  },
  reference([out], [x, indices]) {
    const rows = rowMajor(x);
    const chosen = rowMajor(indices);
    const count = x.shape[0] as number;
    const width = sizeOf(x.shape.slice(1));
    for (let i = 0; i < chosen.length; i++) {
      const row = chosen[i]!;
      checkIndex("gather", row, i, count);
      out.data.set(rows.subarray(row * width, (row + 1) * width), out.offset + i * width);
    }
  },
  vjp: {
    saveInputs: () => [1],
    pull: ([cotangent], saved) => [scatterAdd(cotangent, saved.input(1), saved.specs[0].shape[0] as number), null],
  },
});

/* @__PURE__ */ sampled(gatherOp, (rng) => {
  const { rows, rest, indices } = sampleTable(rng);
  return { inputs: [{ shape: [rows, ...rest] }, indices], params: {} };
});

const scatterAddOp = /* @__PURE__ */ defineOp<{ readonly rows: number }, ["values", "indices"]>({
  name: "scatterAdd",
  shape([values, indices], { rows }) {
    const { shape, dtype } = values;
    const lead = indices.shape;
    if (!sameShape(shape.slice(0, lead.length), lead)) {
      throw new ShapeError({
        where: "scatterAdd",
        problem: "there must be one index for each row of values",
        expected: `[${lead.join(", ")}, …]`,
        got: shape,
      });
    }
    return [{ shape: [rows, ...shape.slice(lead.length)], dtype }];
  },
  reference([out], [values, indices], { rows }) {
    const source = rowMajor(values);
    const chosen = rowMajor(indices);
    const { data, offset } = out;
    const width = sizeOf(out.shape.slice(1));
    data.fill(0, offset, offset + rows * width);
    for (let i = 0; i < chosen.length; i++) {
      checkIndex("scatterAdd", chosen[i]!, i, rows);
      const to = offset + chosen[i]! * width;
      for (let j = 0; j < width; j++) data[to + j]! += source[i * width + j]!;
    }
  },
  vjp: {
    saveInputs: () => [1],
    pull: ([cotangent], saved) => [gather(cotangent, saved.input(1)), null],
  },
});

/* @__PURE__ */ sampled(scatterAddOp, (rng) => {
  const { rows, rest, indices } = sampleTable(rng);
  return { inputs: [{ shape: [...indices.shape, ...rest] }, indices], params: { rows } };
});

function sampleTable(rng: Rng) {
  const rows = 1 + rng.integer(4);
  const rest = Array.from({ length: rng.integer(3) }, () => 1 + rng.integer(3));
  const shape = Array.from({ length: rng.integer(3) }, () => 1 + rng.integer(3));
  return { rows, rest, indices: { shape, dtype: "int32", range: [0, rows] } as const };
}

/**
 * Take rows of a table by index, as an embedding does.
 *
 * @param x        [rows, ...rest]
 * @param indices  [...any], int32
 * @returns        [...any, ...rest]
 * @throws {UsageError} an index is not in 0 … rows−1
 * @example
 * gather(tensor([[1, 2], [3, 4]]), tensor(Int32Array.of(1, 1)));   // [[3, 4], [3, 4]]
 */
export function gather(x: Tensor, indices: Tensor): Tensor {
  assertIndices("gather", indices);
  return run(gatherOp, [x, indices], {});
}

/**
 * Add each row of values to the row of zeros that its index names, in ascending order: the transpose of `gather`.
 *
 * @param values   [...any, ...rest]
 * @param indices  [...any], int32
 * @returns        [rows, ...rest]
 * @throws {UsageError} an index is not in 0 … rows−1
 * @example
 * scatterAdd(tensor([1, 2, 3]), tensor(Int32Array.of(0, 2, 0)), 3);   // [4, 0, 2]
 */
export function scatterAdd(values: Tensor, indices: Tensor, rows: number): Tensor {
  checkShape("scatterAdd", [rows]);
  assertIndices("scatterAdd", indices);
  return run(scatterAddOp, [values, indices], { rows });
}
