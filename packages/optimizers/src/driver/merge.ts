/** Statistics of several parts of a batch, or of several workers, as the statistic of the whole. */

import { add, concat, maximum, type Tensor, UsageError } from "@kronograd/tensor";
import type { StateTree } from "../state/state.ts";

/** How parts of a statistic become the statistic of the whole: see `Merge`. */
export type MergeRule = "sum" | "rows" | "max" | "same";

/**
 * How a statistic's leaves merge over the parts of a batch, by name; one rule for a lone leaf. Default "sum".
 *
 * - "sum": added. A part's record is scaled for the whole step, so its sums over examples add up.
 * - "rows": one below the other, in the order of the parts.
 * - "max": the largest, element by element.
 * - "same": a fact that all parts must agree on. Otherwise a UsageError names it.
 */
export type Merge<B> = B extends Tensor | number ? MergeRule : { readonly [K in keyof B]?: MergeRule };

/** Statistic of one part. */
export interface Observed {
  readonly batch: StateTree;
  /** Examples that it is of. */
  readonly examples: number;
}

/**
 * Puts the parts of several workers together. Gets this worker's parts by block, in its order, and the rules by which they
 * merge; returns the parts that the statistic of the whole is made of, the same on every worker and in the same order. It may
 * return fewer, already merged. Called once a step by every worker, whatever each has seen.
 */
export type Exchange = (
  parts: ReadonlyMap<string, readonly Observed[]>,
  rules: Rules | undefined,
) => ReadonlyMap<string, readonly Observed[]>;

/**
 * Merge parts in their order: the same parts give the same bits, wherever they were observed.
 *
 * @param where  for messages
 * @param rules  by the names of the tree's first level, or one for a lone leaf; default "sum"
 * @throws {UsageError} parts have different forms, or disagree on a fact that is to be the same
 */
export function mergeParts<B extends StateTree>(where: string, parts: readonly B[], rules?: Rules): B {
  if (parts.length === 1) return parts[0] as B;
  return merged(where, parts, rules ?? "sum") as B;
}

/** How leaves merge, by the names of a statistic's first level, or one rule for all. */
export type Rules = MergeRule | { readonly [name: string]: MergeRule | undefined };

const isTensor = (value: StateTree): value is Tensor =>
  typeof value === "object" && value !== null && "storage" in value;

function merged(where: string, parts: readonly StateTree[], rules: Rules): StateTree {
  const [first] = parts as readonly [StateTree];
  if (typeof first === "object" && first !== null && !isTensor(first)) {
    const names = Object.keys(first);
    const trees = parts.map((part) => withNames(where, part, names));
    const entries = names.map((name) => {
      const rule = typeof rules === "string" ? rules : (rules[name] ?? "sum");
      const inner = trees.map((tree) => tree[name] as StateTree);
      return [name, merged(`${where}.${name}`, inner, rule)] as const;
    });
    return Array.isArray(first) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
  }
  const rule = typeof rules === "string" ? rules : "sum";
  if (parts.every(isTensor)) return tensors(where, parts as readonly Tensor[], rule);
  if (parts.every((part) => typeof part === "number") && rule !== "same") return numbers(where, parts, rule);
  return agreed(where, parts);
}

function withNames(where: string, part: StateTree, names: readonly string[]): { readonly [name: string]: StateTree } {
  const fits = typeof part === "object" && part !== null && !isTensor(part);
  const got = fits ? Object.keys(part) : part;
  if (fits && names.length === Object.keys(part).length && names.every((name) => name in part))
    return part as { readonly [name: string]: StateTree };
  throw new UsageError({ where, problem: "parts of one statistic have different forms", expected: names, got });
}

function tensors(where: string, parts: readonly Tensor[], rule: MergeRule): Tensor {
  if (rule === "sum") return parts.reduce(add);
  if (rule === "rows") return concat(parts, 0);
  if (rule === "max") return parts.reduce(maximum);
  if (parts.some((t) => t.device.backend.host === undefined)) return parts[0] as Tensor; // not asked where one must wait
  agreed(
    where,
    parts.map((t) => [...t.shape, ...t.dataSync()].join(" ")),
  );
  return parts[0] as Tensor;
}

function numbers(where: string, parts: readonly number[], rule: MergeRule): number {
  if (rule === "max") return Math.max(...parts);
  if (rule === "sum") return parts.reduce((total, n) => total + n, 0);
  throw new UsageError({
    where,
    problem: 'a number has no rows to put one below the other (rule "rows")',
    help: "Choose sum, max or same.",
  });
}

function agreed(where: string, parts: readonly StateTree[]): StateTree {
  const different = parts.find((part) => part !== parts[0]);
  if (different === undefined) return parts[0] as StateTree;
  throw new UsageError({
    where,
    problem: "parts of one statistic disagree on what is to be the same in all",
    expected: parts[0],
    got: different,
  });
}
