/**
 * What a method costs beside SGD when some of its steps do more than others.
 *
 * Each kind of step takes turns with an SGD step; the cost of a cycle is the mean over its steps of the medians. (The median
 * over all steps would leave out the rare dear ones.)
 */

import { median, quantile } from "@kronograd/figures";
import type { Bench } from "./compare.ts";
import type { Turn } from "./contender.ts";
import { optimizerFor, periodOf } from "./contenders/nets.ts";
import { inSequence, interleave } from "./interleave.ts";
import type { Job, Method, Net } from "./job.ts";
import { paired } from "./statistics.ts";

export interface CycleCost {
  /** Milliseconds of a step, and of SGD's. */
  readonly ms: number;
  readonly sgd: number;
  /** Milliseconds that a step takes longer than SGD's. */
  readonly extra: number;
  /** A step's time as a multiple of SGD's, and the same where a tenth of the rounds were better. */
  readonly ratio: number;
  readonly best: number;
  /** Milliseconds of a step by phase, and of SGD's. */
  readonly phases: Readonly<Record<string, number>>;
  readonly sgdPhases: Readonly<Record<string, number>>;
}

/** Measure a method's cycle on one of our own devices. */
export async function measureCycle(
  net: Net,
  method: Method,
  batch: number,
  bench: Bench,
  contender = "own",
): Promise<CycleCost | string> {
  const optimizer = optimizerFor(method);
  if (optimizer === null) return `has no ${method}`;
  const period = periodOf(optimizer);
  const prepare = (job: Job): Promise<Turn | string> => bench.contenders.prepare(contender, job);
  const base = { kind: "step", net, batch } as const;
  const kinds = [{ due: true, share: 1 / period }, ...(period === 1 ? [] : [{ due: false, share: 1 - 1 / period }])];
  const total = { ms: 0, sgd: 0, extra: 0, ratio: 0, best: 0 };
  const phases: Record<string, number> = {};
  let sgdPhases: Readonly<Record<string, number>> = {};
  for (const { due, share } of kinds) {
    const sgd = await prepare({ ...base, method: "sgd" });
    if (typeof sgd === "string") return sgd;
    const own = await prepare({ ...base, method, due });
    if (typeof own === "string") return own;
    const [before, after] = (await interleave([sgd, own], inSequence(bench.pace))) as [number[], number[]];
    const ratios = paired(after, before, (a, b) => a / b);
    total.ms += share * median(after);
    total.sgd += share * median(before);
    total.extra += share * median(paired(after, before, (a, b) => a - b));
    total.ratio += share * median(ratios);
    total.best += share * quantile(ratios, 0.1);
    for (const [phase, ms] of Object.entries(own.phases?.() ?? {})) phases[phase] = (phases[phase] ?? 0) + share * ms;
    sgdPhases = sgd.phases?.() ?? {};
    await own.release?.();
    await sgd.release?.();
  }
  return { ...total, phases, sgdPhases };
}
