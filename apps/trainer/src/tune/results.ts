/** The results of a tuning: a JSON file that grows row by row, so that a tuning that was stopped goes on where it was. */

import { existsSync, readFileSync } from "node:fs";
import { CheckpointError } from "@kronograd/tensor";
import { writeAtomically } from "@kronograd/train/node";
import type { Grid, GridPoint } from "./grid.ts";
import type { Trial, TunedRow } from "./row.ts";

/** What decides the rows; a file of another tuning is not added to. */
export interface TuningHead {
  readonly data: string;
  readonly dataFingerprint: string;
  readonly model: string;
  readonly batch: number;
  readonly steps: number;
  readonly schedule: string;
  readonly device: string;
  readonly validation: string;
  readonly measure: string;
}

/** The best point of a rival. */
export interface Best {
  readonly options: GridPoint;
  /** Mean over the seeds. */
  readonly score: number;
  /** Grid points that were tried. */
  readonly points: number;
}

/** The whole file. */
export interface TuningFile extends TuningHead {
  readonly grids: Readonly<Record<string, Grid>>;
  readonly rows: readonly TunedRow[];
  readonly best: Readonly<Record<string, Best>>;
}

/** Rows that an earlier tuning left. @throws {CheckpointError} the file is damaged, or of another tuning */
export function readRows(file: string, head: TuningHead): TunedRow[] {
  if (!existsSync(file)) return [];
  let old: TuningFile;
  try {
    old = JSON.parse(readFileSync(file, "utf8")) as TuningFile;
  } catch (cause) {
    throw new CheckpointError({ where: file, problem: "is not valid JSON", help: "Choose another --results.", cause });
  }
  for (const key of Object.keys(head) as (keyof TuningHead)[]) {
    if (old[key] === head[key]) continue;
    throw new CheckpointError({
      where: file,
      problem: `holds a tuning with another ${key}`,
      expected: head[key],
      got: old[key],
      help: "Choose another --results.",
      details: { key },
    });
  }
  return [...old.rows];
}

/** Whether a row is of a trial. */
export const isOf = (row: Trial, trial: Trial): boolean =>
  row.rival === trial.rival && row.seed === trial.seed && keyOf(row.options) === keyOf(trial.options);

const keyOf = (options: GridPoint): string => JSON.stringify(Object.entries(options).sort());

/** The best point of each rival: the highest mean score over the seeds, and of those that diverged for none. */
export function bestOf(rows: readonly TunedRow[], rivals: readonly string[]): Record<string, Best> {
  const found = rivals.flatMap((rival): [string, Best][] => {
    const points = new Map<string, TunedRow[]>();
    for (const row of rows) {
      if (row.rival !== rival) continue;
      const key = keyOf(row.options);
      points.set(key, [...(points.get(key) ?? []), row]);
    }
    let best: Omit<Best, "points"> | undefined;
    for (const group of points.values()) {
      if (group.some(({ score }) => score === null)) continue;
      const score = group.reduce((sum, row) => sum + (row.score as number), 0) / group.length;
      if (best === undefined || score > best.score) best = { options: (group[0] as TunedRow).options, score };
    }
    return best === undefined ? [] : [[rival, { ...best, points: points.size }]];
  });
  return Object.fromEntries(found);
}

/** Write the file, one row a line. */
export function writeResults(file: string, results: TuningFile): void {
  const { rows, ...rest } = results;
  const text = JSON.stringify({ ...rest, rows: ["ROWS"] }, null, 2);
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
  writeAtomically(file, `${text.replace('    "ROWS"', () => lines)}\n`);
}
