/** From an opened experiment to the last line of output: what `train`, `race` and `resume` share. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { number, percent } from "@kronograd/figures/format";
import { BackendError } from "@kronograd/tensor";
import type { RunEvent } from "@kronograd/train";
import { writeAtomically } from "@kronograd/train/node";
import { exitCodes } from "../command-line/exit.ts";
import { listenForInterrupt } from "../command-line/interrupt.ts";
import type { OpenExperiment } from "../opening/experiment.ts";
import { chooseRenderer } from "../render/choose.ts";
import { Live } from "../render/live.ts";
import { headLine, planTable } from "../render/plan-table.ts";
import type { Renderer } from "../render/renderer.ts";
import { writeReport } from "../report/index.ts";
import { loadReport } from "../report/load.ts";
import { adviceFor } from "./advice.ts";
import { type Entry, openEntry } from "./entry.ts";
import type { From } from "./from.ts";
import { type Outcome, runInTurn } from "./race.ts";
import { commandName, raceRecord } from "./record.ts";
import { resultData, resultText } from "./result.ts";

/** What is run, and where it is kept. */
export interface Session {
  readonly experiment: OpenExperiment;
  /** A run folder, or a race folder with one for each rival and seed. */
  readonly path: string;
  readonly isRace: boolean;
  readonly resume?: From;
  /** Resume though the run is not the one that was saved. */
  readonly allowChanges?: boolean;
}

/** Run to the end, or to Ctrl-C; the exit code. */
export async function runSession({ experiment, path, isRace, resume, allowChanges = false }: Session): Promise<number> {
  const { settings, rivals } = experiment;
  const isAccuracy = experiment.data.task === "classification";
  const renderer = chooseRenderer(settings.render, {
    word: isRace ? "race" : "train",
    title: `${experiment.data.name} · ${settings.model}`,
    rivals: rivals.map(({ name }) => name),
    seeds: settings.seeds,
    limit: settings.limit,
    target: isAccuracy ? percent(settings.target, 0) : number(settings.target),
  });
  using interrupt = listenForInterrupt(() => renderer.say("stopping after this step; Ctrl-C again stops at once"));
  if (isRace && resume === undefined) writeRace(experiment, path);

  const outcomes: Outcome[] = [];
  for (const seed of settings.seeds) {
    const entries = rivals.map((rival) => {
      const place = isRace ? join(path, `${rival.name}-s${seed}`) : path;
      return openEntry(experiment, rival, seed, place, {
        signal: interrupt.signal,
        ...(resume === undefined ? {} : { resume, allowChanges }),
      });
    });
    try {
      outcomes.push(...(await runSeed(experiment, entries, seed, renderer, interrupt.signal)));
    } catch (error) {
      renderer.end();
      if (error instanceof BackendError) process.stderr.write(`go on with: ${commandName()} resume ${path}\n`);
      throw error;
    }
    if (interrupt.signal.aborted) break;
  }
  renderer.end();
  return conclude({ experiment, path, isRace }, outcomes, renderer, interrupt.signal.aborted);
}

function writeRace(experiment: OpenExperiment, path: string): void {
  writeAtomically(join(path, "race.json"), `${JSON.stringify(raceRecord(experiment), null, 2)}\n`);
}

async function runSeed(
  experiment: OpenExperiment,
  entries: readonly Entry[],
  seed: number,
  renderer: Renderer,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const { settings, data, rivals } = experiment;
  const isAtTarget = (loss: number, accuracy: number | undefined) =>
    accuracy === undefined ? loss <= settings.target : accuracy >= settings.target;
  const live = new Live(
    rivals.map(({ name }) => name),
    isAtTarget,
  );
  for (const { past } of entries) for (const event of past) live.update(event);
  renderer.begin(live, seed);
  const isFirst = seed === settings.seeds[0];
  let told = false;
  const onEvent = (event: RunEvent): void => {
    live.update(event);
    renderer.event(event);
    if (event.type !== "plan" || !isFirst) return;
    if (!told) renderer.say(headLine(data, settings.model, event));
    told = true;
    for (const line of planTable(event.rival ?? "", event)) renderer.say(line);
  };
  return runInTurn(entries, onEvent, signal);
}

async function conclude(
  { experiment, path, isRace }: Session,
  outcomes: readonly Outcome[],
  renderer: Renderer,
  stopped: boolean,
): Promise<number> {
  const { settings } = experiment;
  for (const { entry, text, reason } of outcomes) {
    if (reason !== "diverged") continue;
    const rival = experiment.rivals.find(({ name }) => name === entry.rival);
    renderer.say(`${entry.rival} (seed ${entry.seed}) diverged: ${text}. You could`);
    if (rival !== undefined) for (const line of adviceFor(rival)) renderer.say(`  ${line}`);
  }
  if (stopped) {
    process.stderr.write(`stopped; go on with: ${commandName()} resume ${path}\n`);
    return exitCodes.stopped;
  }
  if (outcomes.every(({ entry }) => entry.isFinished)) renderer.say(`${path} is finished: there is nothing to resume`);
  const result = loadReport([path]);
  if (settings.render === "json") process.stdout.write(`${JSON.stringify(resultData(result))}\n`);
  else process.stdout.write(`${resultText(result)}\n`);
  const report = settings.report ? await writeReport(path) : null;
  const again = `${commandName()} ${isRace ? "race" : "train"} --config ${join(path, isRace ? "race.json" : "run.json")}`;
  const lines = [`again:  ${again}`, report === null ? `folder: ${path}` : `report: ${report}`];
  (settings.render === "json" ? process.stderr : process.stdout).write(`\n${lines.join("\n")}\n`);
  return outcomes.every(({ reason }) => reason === "diverged") ? exitCodes.numerical : exitCodes.done;
}

/** A folder that does not exist yet: the name, or the name with a number. */
export function freshFolder(out: string, name: string): string {
  for (let n = 1; ; n++) {
    const path = join(out, n === 1 ? name : `${name}-${n}`);
    if (!existsSync(path)) return path;
  }
}

/** "2026-05-14-0931" */
export function timeStamp(now = new Date()): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const date = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  return `${date}-${two(now.getHours())}${two(now.getMinutes())}`;
}
