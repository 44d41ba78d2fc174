/** One statement about a curvature method, and how its proof ends. */

import type { Claim } from "@kronograd/optimizers";
import { compare } from "../allclose.ts";
import type { Comparable } from "../host.ts";
import type { AnyMethod } from "./bench.ts";

/** A statement that the suite can prove or refute. */
export interface Statement {
  /** What holds, as a sentence about "it". */
  readonly says: string;
  /** The claim that it is, or null for what every method must hold. */
  readonly claim: Claim | null;
  /** @throws {Error} it does not hold; the message says where */
  prove(method: AnyMethod): void;
}

/** Throw where two arrays differ norm-wise. */
export function mustEqual(what: string, got: Comparable, want: Comparable, rtol: number): void {
  const { pass, message } = compare(got, want, { rtol });
  if (!pass) throw new Error(`${what}: ${message}`);
}

/** Throw unless it is so. */
export function must(what: string, holds: boolean): void {
  if (!holds) throw new Error(what);
}

/** Throw where an element is not finite. */
export function mustBeFinite(what: string, values: ArrayLike<number>): void {
  const at = Array.from(values).findIndex((value) => !Number.isFinite(value));
  if (at !== -1) throw new Error(`${what}: element ${at} is ${values[at]}`);
}
