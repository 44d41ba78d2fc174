/**
 * The typed errors of the project. Every message reads
 *
 *     where: what is wrong (expected …, got …). What to do.
 *
 * and every number in it is also a field, so that an application can render it: `expected` and `got`, and in `details`
 * what those do not hold.
 */

/** Contents of an error: the place, the problem, both values, the remedy. */
export interface ErrorReport {
  /** The op, layer, file or option that refuses. */
  readonly where: string;
  /** The problem, without a full stop. */
  readonly problem: string;
  readonly expected?: unknown;
  readonly got?: unknown;
  /** The remedy, as a sentence. */
  readonly help?: string | undefined;
  /** Numbers and names of the message that are neither expected nor got, for programs. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The common parent of all errors that the project throws on purpose. */
export class KronogradError extends Error {
  override name = "KronogradError"; // written out, because minifiers rename classes
  readonly where: string;
  readonly expected: unknown;
  readonly got: unknown;
  readonly help: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(report: ErrorReport) {
    super(message(report), report); // of which Error takes the cause
    this.where = report.where;
    this.expected = report.expected;
    this.got = report.got;
    this.help = report.help;
    this.details = report.details ?? {};
  }
}

/** Options, names and misuse: a misspelt optimizer, a stale tensor, a promise inside `scope`. */
export class UsageError extends KronogradError {
  override name = "UsageError";
}
/** Shapes that do not fit together. */
export class ShapeError extends KronogradError {
  override name = "ShapeError";
}
/** Element types that do not fit together. */
export class DtypeError extends KronogradError {
  override name = "DtypeError";
}
/** A device that is absent, refuses, or has run out of memory. */
export class BackendError extends KronogradError {
  override name = "BackendError";
}
/** Mathematics that cannot go on: a failed pivot, a diverged run. */
export class NumericalError extends KronogradError {
  override name = "NumericalError";
}
/** A data file that is missing, cut short, altered, or holds non-finite values. */
export class DataError extends KronogradError {
  override name = "DataError";
}
/** A checkpoint that cannot be written, or that is cut short, altered, or of another run. */
export class CheckpointError extends KronogradError {
  override name = "CheckpointError";
}

function message({ where, problem, expected, got, help }: ErrorReport): string {
  const values = [
    expected === undefined ? "" : `expected ${show(expected)}`,
    got === undefined ? "" : `got ${show(got)}`,
  ].filter((part) => part !== "");
  const detail = values.length === 0 ? "" : ` (${values.join(", ")})`;
  return `${where}: ${problem}${detail}.${help === undefined ? "" : ` ${help}`}`;
}

/**
 * Print a value for a message: shapes as `[2, 3]`, words bare, the rest as JavaScript would. A text that would read as a
 * number, as a truth value or as nothing stands in quotes: `"0.1"` is not 0.1.
 */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  return typeof value === "string" && misleads(value) ? JSON.stringify(value) : String(value);
}

const misleads = (text: string): boolean =>
  !Number.isNaN(Number(text)) || /^(true|false|null|undefined|NaN)$/.test(text);

/** A value of unknown kind as `got`: texts in quotes, objects with their fields, the rest as it is. */
export const literal = (value: unknown): unknown =>
  typeof value === "string" || (typeof value === "object" && value !== null) ? JSON.stringify(value) : value;

/**
 * The candidate nearest to a mistyped name, for "Did you mean …?"; `undefined` when none is near.
 *
 * @example
 * nearest("skfca", ["sgd", "skfac"]);   // "skfac"
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const distances = candidates.map((candidate) => editDistance(name.toLowerCase(), candidate.toLowerCase()));
  const least = Math.min(...distances);
  return least <= Math.max(2, Math.ceil(name.length / 3)) ? candidates[distances.indexOf(least)] : undefined;
}

/** Levenshtein's: letters to add, leave out or exchange. One row of its table follows from the last. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const letter of a) {
    const next = [row[0]! + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (letter === b[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
