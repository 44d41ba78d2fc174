/**
 * Random cases of ops, for the suites that try every op (gradients, layouts, backends).
 *
 * They stand in the op's own file as a call of `sampled` that is marked pure, so that a program's bundle drops them. So the
 * suites want modules that no bundler has shaken.
 */

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

type Draw<P> = (rng: Rng, op: Op<P>) => Sample<P>;

/** By op, and by the name of a family. */
const draws = new Map<unknown, Draw<unknown>>();

/** Say how one random case of an op, or of any op of a family, is drawn; the suites draw with many seeds. */
export function sampled<P, O extends Op<P> = Op<P>>(of: Op<P> | string, draw: (rng: Rng, op: O) => Sample<P>): void {
  draws.set(of, draw as Draw<unknown>);
}

/**
 * Draw a random case of an op.
 *
 * @throws {UsageError} no sampler was registered for this op or its family
 */
export function sampleOf<P>(op: Op<P>, rng: Rng): Sample<P> {
  const draw = draws.get(op) ?? draws.get("family" in op ? op.family : undefined);
  if (draw !== undefined) return draw(rng, op as Op<unknown>) as Sample<P>;
  throw new UsageError({
    where: op.name,
    problem: "has no random cases to be tried with",
    help: "Write sampled(op, draw) beside it; a bundler that shakes modules leaves that out.",
  });
}
