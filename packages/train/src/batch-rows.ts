/** Batches as trees of tensors: how many examples they hold, some of their rows, and the tensor that a loss compares with. */

import type { Batch } from "@kronograd/data";
import { mapTree, slice, Tensor, type Tree, treeLeaves, UsageError } from "@kronograd/tensor";

/** Number of examples in a batch. */
export const examplesOf = ({ inputs }: Batch): number => treeLeaves(inputs)[0]?.shape[0] ?? 0;

/** The examples from one number up to another. */
export function sliceBatch({ inputs, targets, weights }: Batch, start: number, end: number): Batch {
  const rows = (tree: Tree) => mapTree(tree, (t) => slice(t, [[start, end], ...t.shape.slice(1).map(() => null)]));
  return { inputs: rows(inputs), targets: rows(targets), ...(weights === undefined ? {} : { weights: rows(weights) }) };
}

/** The one tensor of a tree. @throws {UsageError} it has several */
export function soleTensor(what: string, tree: Tree): Tensor {
  if (tree instanceof Tensor) return tree;
  throw new UsageError({
    where: "fit",
    problem: `the loss takes one column of ${what}, and the data set has several`,
    got: Object.keys(tree),
    help: "Give the data set one column of them.",
  });
}
