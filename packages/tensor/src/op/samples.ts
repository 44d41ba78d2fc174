/**
 * Random cases of ops, for the suites that try every op (gradients, layouts, backends).
 *
 * They stand in the op's own file as a call of `sampled` that is marked pure, so that a program's bundle drops them. So the
 * suites want modules that no bundler has shaken.
 */

import type { ElementwiseOp, Scalars } from "../elementwise/elementwise.ts";
import { UsageError } from "../errors.ts";
import type { Rng } from "../tensor/rng.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Op } from "./op.ts";

/** Random inputs for the shared suites. The suite draws values and layouts. */
export interface Sample<P> {
  readonly inputs: readonly InputSample[];
  readonly params: P;
}

/** One random input. */
export interface InputSample {
  readonly shape: Shape;
  /** Uniform in this range (default [-2, 2]); for int32, whole numbers from the first up to, not including, the second. */
  readonly range?: readonly [number, number];
  /** "int32" for labels and indices; else the suite's float type. */
  readonly dtype?: "int32";
  /** No two values closer than 0.05 (for maxima, where ties have no derivative). */
  readonly distinct?: boolean;
  /** Only row-major: the op's function copies other layouts first. */
  readonly contiguous?: boolean;
  /** Of the last two axes: symmetric positive definite, or with a diagonal that outweighs its row. */
  readonly structure?: "spd" | "dominant";
}

// biome-ignore lint/suspicious/noExplicitAny: it holds ops of all parameter types
const draws = new WeakMap<Op<any>, (rng: Rng) => Sample<any>>();

/** Say how one random case of an op is drawn; the suites draw with many seeds. */
export function sampled<P>(op: Op<P>, draw: (rng: Rng) => Sample<P>): void {
  draws.set(op, draw);
}

/**
 * Draw a random case of an op.
 *
 * @throws {UsageError} nobody said how
 */
export function sampleOf<P>(op: Op<P>, rng: Rng): Sample<P> {
  const draw = draws.get(op);
  if (draw !== undefined) return draw(rng);
  if ("family" in op && op.family === "elementwise") return randomOperands(op as ElementwiseOp, rng) as Sample<P>;
  throw new UsageError({
    where: op.name,
    problem: "has no random cases to be tried with",
    help: "Write sampled(op, draw) beside it; a bundler that shakes modules leaves that out.",
  });
}

/** Shapes that broadcast against each other. */
function randomOperands({ arity, options, parameters }: ElementwiseOp, rng: Rng): Sample<Scalars> {
  const { ranges, int32, distinct } = options;
  const full = Array.from({ length: rng.integer(4) }, () => 1 + rng.integer(4));
  const inputs = Array.from({ length: arity }, (_, i): InputSample => {
    const kept = arity === 1 ? full : full.slice(rng.integer(2) * rng.integer(full.length + 1));
    return {
      shape: kept.map((n) => (arity > 1 && rng.integer(4) === 0 ? 1 : n)),
      ...(ranges?.[i] === undefined ? {} : { range: ranges[i] }),
      ...(int32?.includes(i) ? { dtype: "int32" } : {}),
      ...(distinct === true ? { distinct } : {}),
    };
  });
  const params = Object.fromEntries(parameters.map((name) => [name, 0.5]));
  return { inputs, params: { ...params, ...options.parameters } };
}
