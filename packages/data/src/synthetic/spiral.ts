/** Interleaved spirals: the classic set that a linear model cannot separate at all. */

import type { Column } from "../column.ts";
import type { Dataset } from "../dataset.ts";
import { checkCount, checkNumber, labelledPoints, type PointOptions } from "./generate.ts";

/** Settings of `spiral`. */
export interface SpiralOptions extends PointOptions {
  /** Arms, each a class. Default 2. */
  readonly arms?: number;
  /** Turns of each arm from the centre to radius 1. Default 1. */
  readonly turns?: number;
}

/**
 * Make spiral arms from the centre to radius 1, evenly filled along the radius.
 *
 * @throws {UsageError}  fewer than 2 arms, or another setting out of its range
 * @example
 * spiral({ rng: new Rng(0), arms: 3, noise: 0.02 }).classes;   // 3
 */
export function spiral(options: SpiralOptions): Dataset<Column, Column> {
  const { arms = 2, turns = 1, noise = 0.02 } = options;
  checkCount("spiral", "arms", arms, 2);
  checkNumber("spiral", "turns", turns, 0);
  return labelledPoints("spiral", { ...options, noise }, { arms, turns }, { classes: arms }, (rng, arm) => {
    const radius = rng.uniform();
    const angle = 2 * Math.PI * (arm / arms + turns * radius);
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}
