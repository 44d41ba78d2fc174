/**
 * Curves: what several seeds did, as one line and a band.
 *
 * At every step the line is the median over the seeds, and the band goes from the lowest to the highest of those that did
 * not diverge. A seed that diverged is drawn by itself, and counts from its end on as the worst there is, so that a rival
 * does not look better for having lost a seed.
 */

import { median } from "@kronograd/figures";
import { diverged, lastStep, type Rival, type Run } from "./run-data.ts";

/** One measurement of one run. */
export interface Sample {
  readonly step: number;
  readonly examples: number;
  readonly seconds: number;
  readonly value: number;
}

/** Median and range over the seeds at one step; examples and seconds are medians too. */
export interface CurvePoint extends Sample {
  readonly low: number;
  readonly high: number;
}

/** A diverged seed, drawn to its end. */
export interface Stray {
  readonly run: Run;
  readonly samples: readonly Sample[];
}

export interface Curve {
  readonly rival: Rival;
  readonly points: readonly CurvePoint[];
  readonly strays: readonly Stray[];
}

/**
 * The curve of a rival.
 *
 * @param samples  what to take from a run; values that are not finite leave a gap
 * @param worst    what a diverged seed counts as: Infinity for a loss, −Infinity for an accuracy
 */
export function curveOf(rival: Rival, samples: (run: Run) => readonly Sample[], worst: number): Curve {
  const tracks = rival.runs.map((run) => {
    const finite = samples(run).filter(({ value }) => Number.isFinite(value));
    return { run, samples: finite, at: new Map(finite.map((sample) => [sample.step, sample])) };
  });
  const steps = [...new Set(tracks.flatMap((track) => track.samples.map(({ step }) => step)))].sort((a, b) => a - b);
  const points: CurvePoint[] = [];
  let latest = 0;
  for (const step of steps) {
    const here = tracks.flatMap(({ at }) => at.get(step) ?? []);
    const lost = tracks.filter(({ run, at }) => !at.has(step) && diverged(run) && lastStep(run) <= step).length;
    const values = here.map(({ value }) => value);
    const kept = tracks.filter(({ run }) => !diverged(run)).flatMap(({ at }) => at.get(step)?.value ?? []);
    const value = median([...values, ...Array<number>(lost).fill(worst)]);
    if (!Number.isFinite(value)) continue;
    latest = Math.max(latest, median(here.map(({ seconds }) => seconds))); // a seed that drops out must not turn time back
    points.push({
      step,
      examples: median(here.map(({ examples }) => examples)),
      seconds: latest,
      value,
      low: Math.min(...(kept.length > 0 ? kept : values)),
      high: Math.max(...(kept.length > 0 ? kept : values)),
    });
  }
  const strays = tracks
    .filter(({ run, samples: own }) => diverged(run) && own.length > 0)
    .map(({ run, samples: own }) => ({ run, samples: own }));
  return { rival, points, strays };
}

/** The mean of each value and up to `window` − 1 before it: a batch's loss jumps too much to be read. */
export function trailingMean(samples: readonly Sample[], window: number): Sample[] {
  return samples.map((sample, i) => {
    const last = samples.slice(Math.max(0, i - window + 1), i + 1);
    return { ...sample, value: last.reduce((sum, { value }) => sum + value, 0) / last.length };
  });
}

/** The losses of the steps, as they are. */
export const trainingLoss = (run: Run): Sample[] =>
  run.steps.flatMap(({ step, examples, seconds, loss }) =>
    loss === undefined ? [] : [{ step, examples, seconds, value: loss }],
  );

/** Test losses or accuracies. */
export const evaluated = (run: Run, key: "loss" | "accuracy"): Sample[] =>
  run.evals.flatMap(({ step, examples, seconds, loss, metrics }) => {
    const value = key === "loss" ? loss : metrics[key];
    return value === undefined ? [] : [{ step, examples, seconds, value }];
  });

/** A number that the optimizer reported, or the learning rate. */
export const reportedSamples = (run: Run, name: string): Sample[] =>
  run.steps.flatMap(({ step, examples, seconds, learningRate, reported }) => {
    const value = name === "learningRate" ? learningRate : reported[name];
    return value === undefined ? [] : [{ step, examples, seconds, value }];
  });
