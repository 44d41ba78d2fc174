/**
 * Trees of tensors: the inputs of a model with several inputs, the targets of several losses, a whole parameter set.
 *
 * A tree is a tensor, a list of trees or a record of trees. The order of its leaves is the order of lists and of keys.
 */

import { Tensor } from "./tensor.ts";

/** One tensor, or tensors by position or name, nested to any depth. */
export type Tree = Tensor | readonly Tree[] | { readonly [name: string]: Tree };

/** The tensors of a tree, in order. */
export function treeLeaves(tree: Tree): Tensor[] {
  if (tree instanceof Tensor) return [tree];
  return Object.values(tree as Readonly<Record<string, Tree>>).flatMap(treeLeaves);
}

/**
 * The same tree with each tensor replaced by `f(tensor, path)`.
 *
 * @param f  gets the tensor and its path, "" for a lone tensor, "image" or "heads.0" in a record
 * @example
 * mapTree({ image: x, mask: m }, (t) => slice(t, [[0, 8]]));   // the first eight rows of both
 */
export function mapTree<T extends Tree>(tree: T, f: (t: Tensor, path: string) => Tensor, path = ""): T {
  if (tree instanceof Tensor) return f(tree, path) as Tree as T;
  const below = (name: string | number) => (path === "" ? `${name}` : `${path}.${name}`);
  if (Array.isArray(tree)) return tree.map((inner: Tree, i) => mapTree(inner, f, below(i))) as Tree as T;
  const entries = Object.entries(tree as Readonly<Record<string, Tree>>);
  return Object.fromEntries(entries.map(([name, inner]) => [name, mapTree(inner, f, below(name))])) as Tree as T;
}
