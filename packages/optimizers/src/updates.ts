/** Updates in a chain: gradients at first, directions at its end. */

import type { Direction } from "./direction.ts";

/** By block name: the directions that will be subtracted, times the learning rate. */
export type Updates = ReadonlyMap<string, Direction>;
