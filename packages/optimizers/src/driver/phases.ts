/** When a method looks, refreshes and refines: the schedule of one block, shifted as a whole where blocks take turns. */

import { assertWhole } from "@kronograd/tensor";

/** Steps from one call to the next. */
export interface Periods {
  /** Default 1. */
  readonly statisticsEvery?: number;
  /** Default 1. */
  readonly refreshEvery?: number;
  /** Default: with each refresh. */
  readonly refineEvery?: number;
  /**
   * Refresh blocks on different steps, so that no step carries all inversions. Everything is due on the first step; then
   * block k begins its periods k (mod refreshEvery) steps later, with all of its phases. Default false.
   */
  readonly stagger?: boolean;
}

/** Phases that are due for a block on a step. */
export interface Due {
  readonly statistics: boolean;
  readonly refresh: boolean;
  readonly refinement: boolean;
  /** Number of the look at statistics, from 0. */
  readonly look: number;
}

/** The schedule of a method's blocks. */
export interface Phases {
  /** @param index  of the block, in the order of first steps */
  due(step: number, index: number): Due;
  /** Whether any of `blocks` blocks looks at the batch. */
  looks(step: number, blocks: number, refines: boolean): boolean;
}

/** @throws {UsageError} a period that is not a whole number of steps */
export function phases(where: string, periods: Periods): Phases {
  const { statisticsEvery = 1, refreshEvery = 1, stagger = false } = periods;
  const { refineEvery = refreshEvery } = periods;
  for (const [name, steps] of Object.entries({ statisticsEvery, refreshEvery, refineEvery }))
    assertWhole(where, name, steps);
  const due = (step: number, index: number): Due => {
    const shift = stagger ? index % refreshEvery : 0;
    const own = step - shift; // the block's own clock
    const on = (every: number) => step === 0 || (own % every === 0 && (own > 0 || every < refreshEvery));
    return {
      statistics: on(statisticsEvery),
      refresh: on(refreshEvery),
      refinement: on(refineEvery),
      look: step === 0 ? 0 : Math.floor(Math.max(0, own) / statisticsEvery),
    };
  };
  return {
    due,
    looks(step, blocks, refines) {
      const turns = stagger ? Math.min(blocks, refreshEvery) : 1;
      for (let k = 0; k < turns; k++) {
        const { statistics, refinement } = due(step, k);
        if (statistics || (refines && refinement)) return true;
      }
      return false;
    },
  };
}
