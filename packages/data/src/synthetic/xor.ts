/** Exclusive or, in the plane. */

import { randomSign } from "@kronograd/tensor";
import type { Column } from "../column.ts";
import type { Dataset } from "../dataset.ts";
import { labelledPoints, type PointOptions } from "./generate.ts";

const margin = 0.1; // the classes touch nowhere as long as noise is small

/**
 * Make points of the square [−1, 1]² off its axes; the class is 1 where the signs of the coordinates differ.
 *
 * @throws {UsageError}  a setting out of its range
 * @example
 * xor({ rng: new Rng(0), train: 400 });
 */
export function xor(options: PointOptions): Dataset<Column, Column> {
  const { noise = 0 } = options;
  return labelledPoints("xor", { ...options, noise }, { margin }, { classes: 2 }, (rng, label) => {
    const sign = randomSign(rng);
    const x = sign * (margin + (1 - margin) * rng.uniform());
    const y = (label === 0 ? sign : -sign) * (margin + (1 - margin) * rng.uniform());
    return [x, y];
  });
}
