/** What the tests of every loss check; not published. */

import { hvp, type LabelSource, type Loss } from "@kronograd/autograd";
import {
  add,
  broadcastTo,
  cast,
  generate,
  matmul,
  mul,
  Rng,
  reshape,
  scale,
  scope,
  sizeOf,
  type Tensor,
  transpose,
} from "@kronograd/tensor";
import { checkGradients } from "@kronograd/testkit";
import { expect } from "vitest";
import { random } from "./index.ts";

/** Value, gradient and Hessian agree with each other, for outputs [N, …]. */
export function expectRightDerivatives(loss: Loss, outputs: Tensor, targets: Tensor, weights?: Tensor): void {
  const rows = loss.rows(targets, weights);
  checkGradients((z) => loss.value(z as Tensor, targets, rows), [outputs], { order: 2 });
  const vector = random(outputs.shape, 3);
  const byAutograd = hvp(() => loss.value(outputs, targets, rows), outputs, vector);
  expect(loss.hessianProduct(outputs, targets, vector, rows)).toBeAllclose(byAutograd, { rtol: 1e-12 });
}

/**
 * lossScale · Hessian of each example, [N, M, M] for M elements of an example: the products with the k-th unit vector of
 * every example at once, as examples do not mix.
 */
function exampleHessians(loss: Loss, outputs: Tensor, targets: Tensor, weights?: Tensor): number[][][] {
  const rows = loss.rows(targets, weights);
  const n = rows.lossScale(loss);
  const [examples, ...rest] = outputs.shape as readonly [number, ...number[]];
  const size = sizeOf(rest);
  const columns = Array.from({ length: size }, (_, k) => {
    const unit = broadcastTo(
      generate([1, ...rest], outputs, (i) => (i === k ? 1 : 0)),
      outputs.shape,
    );
    return mul(
      loss.hessianProduct(outputs, targets, unit, rows),
      typeof n === "number" ? n : cast(n, outputs.dtype),
    ).dataSync();
  });
  return Array.from({ length: examples }, (_, n) =>
    Array.from({ length: size }, (_, i) => columns.map((column) => column[n * size + i] ?? Number.NaN)),
  );
}

/** Σ_k c_k c_kᵀ over exact label columns is each example's Hessian, times lossScale. */
export function expectExactColumns(loss: Loss, outputs: Tensor, targets: Tensor, weights?: Tensor): void {
  scope(() => {
    const [examples, ...rest] = outputs.shape as readonly [number, ...number[]];
    const columns = [...loss.labelColumns("exact", outputs, targets, new Rng(0), loss.rows(targets, weights))];
    for (const column of columns) expect(column.shape).toEqual(outputs.shape);
    const moments = columns.map((column) => {
      const c = reshape(column, [examples, sizeOf(rest), 1]);
      return matmul(c, transpose(c));
    });
    const [first, ...others] = moments as [Tensor, ...Tensor[]];
    const total = others.reduce((a, b) => add(a, b), first);
    expect(total).toBeAllclose(exampleHessians(loss, outputs, targets, weights), { rtol: 1e-12 });
  });
}

/** Examples in a Monte Carlo estimate; its standard error is about 1/√N of the Hessian's size. */
const samples = 20_000;
const sampleTolerance = 0.05;

/**
 * The mean of c cᵀ over many draws approaches the Hessian: one random column for a batch of copies of one example is as many
 * independent draws.
 *
 * @param example  [1, …] outputs of one example
 * @param target   its target, [1, …]
 */
export function expectRandomColumns(
  loss: Loss,
  source: Exclude<LabelSource, "empirical">,
  example: Tensor,
  target: Tensor,
): void {
  scope(() => {
    const copies = (t: Tensor) => broadcastTo(t, [samples, ...t.shape.slice(1)]);
    const [outputs, targets] = [copies(example), copies(target)];
    const columns = [...loss.labelColumns(source, outputs, targets, new Rng(11))];
    expect(columns.length).toBe(1);
    const rows = reshape(columns[0] as Tensor, [samples, -1]);
    const moment = scale(matmul(transpose(rows), rows), 1 / samples);
    const expected = exampleHessians(loss, example, target)[0] as number[][];
    expect(moment).toBeAllclose(expected, { rtol: sampleTolerance });
  });
}
