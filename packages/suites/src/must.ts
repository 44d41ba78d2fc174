/** Checks that throw: statements need no test runner. */

import { type Comparable, compare } from "@kronograd/testkit";

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
