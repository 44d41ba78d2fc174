/**
 * Optimizer state is a plain tree of tensors, numbers, strings, booleans and nulls, so that saving and loading need no code
 * of their own. A step makes a new tree out of the old one; what the new tree no longer holds is disposed of.
 */

import { retain, type Tensor, tensorsIn } from "@kronograd/tensor";

/** Values that a state may hold. */
export type StateTree =
  | Tensor
  | number
  | string
  | boolean
  | null
  | readonly StateTree[]
  | { readonly [key: string]: StateTree };

/**
 * Take a new state over from the scope it was made in, and release what only the old one held.
 * Tensors that both share are kept as they are.
 */
export function replaceState<S>(old: S | undefined, next: S): S {
  const held = new Set(tensorsIn(old));
  const result = mapTensors(next, (t) => {
    if (held.delete(t)) return t;
    return retain(t);
  });
  for (const t of held) t.dispose();
  return result;
}

/** Dispose of every tensor of a state. */
export function disposeState(state: unknown): void {
  for (const t of tensorsIn(state)) t.dispose();
}

/** Rebuild a tree with its tensors replaced. */
export function mapTensors<S>(tree: S, f: (t: Tensor) => Tensor): S {
  const memo = new Map<Tensor, Tensor>();
  const visit = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(visit);
    if ("storage" in value) {
      const t = value as Tensor;
      const known = memo.get(t) ?? f(t);
      memo.set(t, known);
      return known;
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item)]));
  };
  return visit(tree) as S;
}
