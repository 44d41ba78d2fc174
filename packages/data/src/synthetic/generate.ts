/** Shared by the synthetic sets: sizes, streams and the assembly of labelled points. */

import { type Rng, UsageError } from "@kronograd/tensor";
import type { Column } from "../column.ts";
import { type Dataset, defineDataset } from "../dataset.ts";

/** How many rows a synthetic set has, and from which stream. */
export interface SyntheticOptions {
  /** Names the rows: equal streams give equal sets. It does not advance. */
  readonly rng: Rng;
  /** Training rows. Default 1000. */
  readonly train?: number;
  /** Test rows, drawn independently. Default 1000. */
  readonly test?: number;
}

/** Options of the sets of points in the plane. */
export interface PointOptions extends SyntheticOptions {
  /** Standard deviation of the normal noise added to both coordinates. */
  readonly noise?: number;
}

/** The three streams of a set: its own constants, its training rows, its test rows. */
export function streams(name: string, rng: Rng): { fixed: Rng; train: Rng; test: Rng } {
  const own = rng.fork(`data ${name}`);
  return { fixed: own.fork("fixed"), train: own.fork("train"), test: own.fork("test") };
}

/** How a generator was called, for `source`: `spiral({"arms":2,"noise":0.1}, key 0:7)`. */
export function sourceOf(name: string, rng: Rng, settings: Readonly<Record<string, unknown>>): string {
  return `${name}(${JSON.stringify(settings)}, key ${rng.state().key.join(":")})`;
}

/**
 * Labelled points: row i has label i mod classes, so that classes are balanced; noise is added to each coordinate.
 *
 * @param place  the point of a label without noise
 * @throws {UsageError}  a size or a setting is not a number in its range
 */
export function labelledPoints(
  name: string,
  { rng, train = 1000, test = 1000, noise = 0 }: PointOptions,
  settings: Readonly<Record<string, unknown>>,
  { classes, dimensions = 2 }: { readonly classes: number; readonly dimensions?: number },
  place: (rng: Rng, label: number) => readonly number[],
): Dataset<Column, Column> {
  checkNumber(name, "noise", noise, 0);
  checkCount(name, "train", train);
  checkCount(name, "test", test);
  const own = streams(name, rng);
  const draw = (stream: Rng, count: number) => {
    const targets = Int32Array.from({ length: count }, (_, i) => i % classes);
    const inputs = new Float64Array(count * dimensions);
    targets.forEach((label, i) => {
      const point = place(stream, label);
      for (let k = 0; k < dimensions; k++)
        inputs[i * dimensions + k] = point[k]! + (noise > 0 ? noise * stream.normal() : 0);
    });
    return { inputs, targets };
  };
  return defineDataset({
    name,
    task: "classification",
    inputShape: [dimensions],
    classes,
    train: draw(own.train, train),
    test: draw(own.test, test),
    source: sourceOf(name, rng, { ...settings, noise, train, test }),
  });
}

/** Check a count among the settings. @throws {UsageError} it is not a whole number ≥ `least` */
export function checkCount(where: string, setting: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new UsageError({ where, problem: `${setting} must be a whole number ≥ ${least}`, got: value });
}

/** Check a number among the settings. @throws {UsageError} it is not finite, or below `least` */
export function checkNumber(where: string, setting: string, value: number, least: number): void {
  if (Number.isFinite(value) && value >= least) return;
  throw new UsageError({ where, problem: `${setting} must be a finite number ≥ ${least}`, got: value });
}
