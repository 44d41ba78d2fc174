/** A circle within a circle. */

import { UsageError } from "@kronograd/tensor";
import type { Column } from "../column.ts";
import type { Dataset } from "../dataset.ts";
import { labelledPoints, type PointOptions } from "./generate.ts";

/** Settings of `circles`. */
export interface CirclesOptions extends PointOptions {
  /** Radius of the inner circle; the outer has radius 1. Default 0.5. */
  readonly inner?: number;
}

/**
 * Make two circles around the origin: class 0 of radius 1, class 1 within it.
 *
 * @throws {UsageError}  an inner radius that is not between 0 and 1, or another setting out of its range
 * @example
 * circles({ rng: new Rng(0), inner: 0.6 });
 */
export function circles(options: CirclesOptions): Dataset<Column, Column> {
  const { inner = 0.5, noise = 0.05 } = options;
  if (!(inner > 0 && inner < 1)) {
    throw new UsageError({ where: "circles", problem: "inner must be between 0 and 1", got: inner });
  }
  return labelledPoints("circles", { ...options, noise }, { inner }, { classes: 2 }, (rng, label) => {
    const angle = 2 * Math.PI * rng.uniform();
    const radius = label === 0 ? 1 : inner;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}
