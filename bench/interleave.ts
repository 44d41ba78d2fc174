/**
 * Turns taken in rounds, A B A B: each round gives one sample of every contender within a fraction of a second, so that what
 * the machine does meanwhile (another clock, another load) happens to all of them.
 */

import type { Turn } from "./contender.ts";

/** How long is measured. */
export interface Pace {
  /** Milliseconds of warm-up for each. */
  readonly warmUp: number;
  /** Milliseconds that a turn should last: short jobs are repeated. One repetition may take longer. */
  readonly turn: number;
  /** Milliseconds after which no further round begins. */
  readonly budget: number;
  /** Rounds that are taken past the budget too, up to ten budgets; never fewer than two. */
  readonly minRounds: number;
  readonly maxRounds: number;
}

export const paces = {
  full: { warmUp: 100, turn: 10, budget: 2500, minRounds: 7, maxRounds: 400 },
  quick: { warmUp: 10, turn: 3, budget: 120, minRounds: 2, maxRounds: 20 },
} as const satisfies Record<string, Pace>;

/** Longer turns, for training steps: a step finds in the caches what the last one left, and not what a rival did. */
export const inSequence = (pace: Pace): Pace => ({ ...pace, turn: 6 * pace.turn });

/** Milliseconds of one repetition: for each contender, one sample a round. */
export async function interleave(
  turns: readonly Turn[],
  pace: Pace,
  now: () => number = () => performance.now(),
): Promise<number[][]> {
  const repetitions: number[] = [];
  for (const turn of turns) repetitions.push(await warmUp(turn, pace));
  const rest = ({ rest = 0 }: Turn) => (rest === 0 ? undefined : new Promise((done) => setTimeout(done, rest)));
  const samples = turns.map((): number[] => []);
  const start = now();
  for (let round = 0; round < pace.maxRounds; round++) {
    const spent = now() - start;
    if (spent >= pace.budget && round >= pace.minRounds) break;
    if (spent >= 10 * pace.budget && round >= 2) break;
    for (const [i, turn] of turns.entries()) {
      const count = repetitions[i] as number;
      samples[i]?.push((await turn.run(count)) / count);
      await rest(turn);
    }
  }
  return samples;
}

/** Run until it is warm; returns how many repetitions make a turn. */
async function warmUp(turn: Turn, pace: Pace): Promise<number> {
  let last = await turn.run(1);
  let spent = last;
  for (let runs = 1; spent < pace.warmUp && runs < 300; runs++) {
    last = await turn.run(1);
    spent += last;
  }
  return Math.max(1, Math.min(10_000, Math.round(pace.turn / Math.max(last, 1e-3))));
}
