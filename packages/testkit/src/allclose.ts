/**
 * Whether two arrays agree, and where they agree least.
 *
 * Two rules. *Norm-wise*: max|got − want| ≤ atol + rtol · max|want|, for results of linear algebra, whose rounding is
 * relative to the largest element. *Elementwise*: |got − want| ≤ atol + rtol · |want| at every position. NaN agrees with
 * nothing unless `equalNaN`; an infinity agrees only with itself.
 */

import { sameShape } from "@kronograd/tensor";
import { type Comparable, type HostArray, hostArray } from "./host.ts";

/** How far two arrays may be apart. */
export interface Tolerance {
  /** Relative; default 1e-10 (float64 sums of a few hundred terms). */
  readonly rtol?: number;
  /** Absolute; default 0. */
  readonly atol?: number;
  /** Which rule; default "norm". */
  readonly mode?: "norm" | "elementwise";
  /** NaN agrees with NaN. */
  readonly equalNaN?: boolean;
}

/** What a comparison found. */
export interface Comparison {
  readonly pass: boolean;
  /** Largest |got − want|; Infinity where one is not finite and they differ, or the shapes differ. */
  readonly error: number;
  /** `error` relative to max|want| (or itself where that is 0). */
  readonly relative: number;
  /** The position that is furthest outside (or nearest to) its tolerance; null for empty arrays and different shapes. */
  readonly worst: { readonly index: readonly number[]; readonly got: number; readonly want: number } | null;
  /** One sentence with the position, both values, the shapes and the tolerance. */
  readonly message: string;
}

/** Compare two arrays and say where they agree least. */
export function compare(got: Comparable, want: Comparable, tolerance: Tolerance = {}): Comparison {
  const { rtol = 1e-10, atol = 0, mode = "norm", equalNaN = false } = tolerance;
  const a = hostArray(got);
  const b = hostArray(want);
  if (!sameShape(a.shape, b.shape)) {
    const message = `shapes differ (got [${a.shape.join(", ")}], want [${b.shape.join(", ")}])`;
    return { pass: false, error: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY, worst: null, message };
  }
  const largest = maxAbs(b);
  let error = 0;
  let worst = -1;
  let worstExcess = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < b.data.length; i++) {
    const difference = distance(a.data[i]!, b.data[i]!, equalNaN);
    const scale = mode === "norm" ? largest : finiteAbs(b.data[i]!);
    const excess = difference - (atol + rtol * scale);
    error = Math.max(error, difference);
    if (excess > worstExcess) {
      worstExcess = excess;
      worst = i;
    }
  }
  const pass = worst === -1 || worstExcess <= 0;
  const relative = largest === 0 ? error : error / largest;
  if (worst === -1) return { pass, error, relative, worst: null, message: `both are empty [${a.shape.join(", ")}]` };
  const index = unravel(worst, a.shape);
  const found = { index, got: a.data[worst]!, want: b.data[worst]! };
  const message =
    `at [${index.join(", ")}] of [${a.shape.join(", ")}]: got ${found.got}, want ${found.want}; ` +
    `largest difference ${error.toExponential(2)}, max|want| ${largest.toExponential(2)}, ` +
    `allowed ${mode === "norm" ? "norm-wise" : "elementwise"}: rtol ${rtol}, atol ${atol}`;
  return { pass, error, relative, worst: found, message };
}

/**
 * Whether two arrays agree.
 *
 * @example
 * allclose(matmul(a, eye(3)), a);
 */
export function allclose(got: Comparable, want: Comparable, tolerance: Tolerance = {}): boolean {
  return compare(got, want, tolerance).pass;
}

function distance(got: number, want: number, equalNaN: boolean): number {
  if (got === want || (equalNaN && Number.isNaN(got) && Number.isNaN(want))) return 0;
  const difference = Math.abs(got - want);
  return Number.isFinite(difference) ? difference : Number.POSITIVE_INFINITY;
}

const finiteAbs = (x: number): number => (Number.isFinite(x) ? Math.abs(x) : 0);

/** Largest finite |x|. */
function maxAbs({ data }: HostArray): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, finiteAbs(data[i]!));
  return largest;
}

function unravel(position: number, shape: readonly number[]): number[] {
  let rest = position;
  const index = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis]!;
    index[axis] = rest % n;
    rest = Math.floor(rest / n);
  }
  return index;
}
