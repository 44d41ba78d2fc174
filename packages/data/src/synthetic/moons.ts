/** Two interleaved half circles. */

import type { Column } from "../column.ts";
import type { Dataset } from "../dataset.ts";
import { labelledPoints, type PointOptions } from "./generate.ts";

/**
 * Make two half circles of radius 1: the upper around (0, 0), the lower around (1, ½), each reaching into the other.
 *
 * @throws {UsageError}  a setting out of its range
 * @example
 * moons({ rng: new Rng(0), train: 200, noise: 0.1 });
 */
export function moons(options: PointOptions): Dataset<Column, Column> {
  const { noise = 0.1 } = options;
  return labelledPoints("moons", { ...options, noise }, {}, { classes: 2 }, (rng, label) => {
    const angle = Math.PI * rng.uniform();
    const upper = [Math.cos(angle), Math.sin(angle)] as const;
    return label === 0 ? upper : [1 - upper[0], 0.5 - upper[1]];
  });
}
