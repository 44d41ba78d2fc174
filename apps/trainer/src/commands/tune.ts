/** `kronograd tune`: the same number of grid points for each rival, on training rows that were held back. */

import { fileURLToPath } from "node:url";
import { kinds } from "@kronograd/experiment";
import { columns } from "@kronograd/figures";
import { percent } from "@kronograd/figures/format";
import { UsageError } from "@kronograd/tensor";
import { writeAtomically } from "@kronograd/train/node";
import type { OwnFlag } from "../command-line/arguments.ts";
import { exitCodes } from "../command-line/exit.ts";
import { flagsOf } from "../command-line/flags.ts";
import { listenForInterrupt } from "../command-line/interrupt.ts";
import { tuned, tunedFile } from "../configuration/tuned.ts";
import { type OpenExperiment, openExperiment } from "../opening/experiment.ts";
import { type Grid, type GridPoint, grids, pointsOf, readGrids, thin } from "../tune/grid.ts";
import { heldRows, holdOut } from "../tune/hold-out.ts";
import { inChildren, inThisProcess, serveTrials } from "../tune/jobs.ts";
import { type Best, bestOf, isOf, readRows, type TuningHead, writeResults } from "../tune/results.ts";
import { runTrial, type Trial, type TunedRow } from "../tune/row.ts";
import type { Command } from "./command.ts";
import { raceDefaults } from "./race.ts";
import { configFlags, layersOf } from "./training.ts";

const own: readonly OwnFlag[] = [
  ...configFlags,
  {
    name: "results",
    value: "<file>",
    help: "where rows are kept (default: docs/results/tune-<data>-<model>.json); rows that are there are not run again",
  },
  { name: "grid", value: "<file.json>", help: "other grids than those built in, in the form of the results' own" },
  { name: "points", value: "<n>", help: "try only so many points of each grid" },
  { name: "jobs", short: "j", value: "<n>", help: "child processes (default: 1, this one)" },
  { name: "save-defaults", help: "make the best points the defaults of race and train" },
  { name: "child", help: "take trials from a parent process", hidden: true },
];

export const tune: Command = {
  name: "tune",
  summary: "search the settings of each rival on held-back training rows, with the same number of grid points",
  usage: "",
  flags: flagsOf("tune").filter(({ group }) => group !== "options"),
  own,
  notes: ["The test rows are never looked at. A tuning that was stopped goes on where it was."],
  async run(given) {
    const text = (name: string) => given.own.get(name)?.at(-1);
    const points =
      text("points") === undefined ? Number.POSITIVE_INFINITY : kinds.count.read("--points", text("points") as string);
    const jobs = kinds.count.read("--jobs", text("jobs") ?? "1");
    // A whole epoch of MNIST, also where rows are held back, so that schedules are those of the race.
    const layers = [{ from: "file", config: { steps: 468 } } as const, ...layersOf(given, "tune")];
    const experiment = await openExperiment(layers, raceDefaults, holdOut);
    const run = (trial: Trial, signal: AbortSignal) => runTrial(experiment, trial, signal);
    if (given.own.has("child")) {
      await serveTrials((trial) => run(trial, new AbortController().signal));
      return exitCodes.done;
    }
    const grid = text("grid") === undefined ? grids : readGrids(text("grid") as string);
    const trials = trialsOf(experiment, grid, points);
    const file =
      text("results") ??
      `docs/results/tune-${experiment.data.name}-${experiment.settings.model.replace(/\W+/g, "-")}.json`;
    const runner = jobs === 1 ? inThisProcess(run) : inChildren(jobs, process.argv.slice(2));
    using interrupt = listenForInterrupt(() => process.stderr.write("stopping; rows so far are kept\n"));
    const rows = readRows(file, headOf(experiment));
    const open = trials.filter((trial) => !rows.some((row) => isOf(row, trial)));
    let done = trials.length - open.length;
    process.stderr.write(`${trials.length} rows, ${done} of them in ${file}\n`);
    const rivals = experiment.rivals.map(({ name }) => name);
    const save = () => {
      const ordered = trials.flatMap((trial) => rows.find((row) => isOf(row, trial)) ?? []);
      const others = rows.filter((row) => !trials.some((trial) => isOf(row, trial)));
      const all = [...ordered, ...others];
      const searched = Object.fromEntries(rivals.map((name) => [name, grid[name] as Grids[string]]));
      writeResults(file, { ...headOf(experiment), grids: searched, best: bestOf(ordered, rivals), rows: all });
    };
    await runner(
      open,
      (row) => {
        rows.push(row);
        save();
        done += 1;
        process.stderr.write(`${done}/${trials.length}  ${rowText(row)}\n`);
      },
      interrupt.signal,
    );
    if (interrupt.signal.aborted) return exitCodes.stopped;
    const best = bestOf(
      trials.flatMap((trial) => rows.find((row) => isOf(row, trial)) ?? []),
      rivals,
    );
    process.stdout.write(`${bestText(best)}\n\nresults: ${file}\n`);
    if (given.own.has("save-defaults")) saveDefaults(best, file);
    return exitCodes.done;
  },
};

type Grids = Readonly<Record<string, Grid>>;

/** Every point of every rival with every seed. */
function trialsOf({ rivals, settings }: OpenExperiment, grids: Grids, count: number): Trial[] {
  const missing = rivals.find(({ optimizer }) => grids[optimizer] === undefined);
  if (missing !== undefined || rivals.some(({ name, optimizer }) => name !== optimizer)) {
    throw new UsageError({
      where: "kronograd tune",
      problem: "there is no grid for an optimizer",
      expected: `some of ${Object.keys(grids).join(", ")}`,
      got: rivals.map(({ name }) => name),
    });
  }
  const points = new Map(
    rivals.map(({ name }): [string, GridPoint[]] => [name, thin(pointsOf(grids[name] as never), count)]),
  );
  return rivals.flatMap(({ name }) =>
    (points.get(name) ?? []).flatMap((options) => settings.seeds.map((seed) => ({ rival: name, options, seed }))),
  );
}

function headOf({ settings, data, device }: OpenExperiment): TuningHead {
  return {
    data: settings.data,
    dataFingerprint: data.fingerprint,
    model: settings.model,
    batch: settings.batch,
    steps: settings.limit,
    schedule: settings.schedule,
    device: device.toString(),
    validation: `the last ${heldRows(data.train.count + data.test.count)} training rows`,
    measure:
      data.task === "classification"
        ? "mean accuracy at 25, 50 and 100 % of the steps"
        : "minus the mean loss at 25, 50 and 100 % of the steps",
  };
}

const pointText = (options: GridPoint): string =>
  Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

const scoreText = (score: number | null): string =>
  score === null ? "diverged" : score < 0 ? score.toPrecision(4) : percent(score);

const rowText = ({ rival, options, seed, score, at }: TunedRow): string =>
  `${rival} s${seed}  ${scoreText(score)}  (${at.map(scoreText).join(", ")})  ${pointText(options)}`;

function bestText(best: Readonly<Record<string, Best>>): string {
  const rows = Object.entries(best).map(([name, { options, score, points }]) => [
    name,
    scoreText(score),
    String(points),
    pointText(options),
  ]);
  return columns([["rival", "score", "points", "best point"], ...rows], [0, 3]).join("\n");
}

function saveDefaults(best: Readonly<Record<string, Best>>, on: string): void {
  const next = {
    ...tuned,
    ...Object.fromEntries(Object.entries(best).map(([name, { options, points }]) => [name, { options, points, on }])),
  };
  const file = fileURLToPath(tunedFile);
  writeAtomically(file, `${JSON.stringify(next, null, 2)}\n`);
  process.stdout.write(`defaults: ${file}\n`);
}
