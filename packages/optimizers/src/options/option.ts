/** An option as data: its default, its range and its meaning. */

/** One option. */
export interface Option<T> {
  readonly kind: "number" | "integer" | "flag" | "schedule" | "choice" | "groups";
  readonly default: T;
  /** Its effect, in one line. */
  readonly help: string;
  /** Allowed values, in words: "a number in [0, 1)". */
  readonly expected: string;
  accepts(value: unknown): boolean;
}
