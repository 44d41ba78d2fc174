/** Read run and race folders for a report, with every field looked at before it is believed. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { DataError, literal, UsageError } from "@kronograd/tensor";
import { RunFolder } from "@kronograd/train/node";
import { checkEvents } from "./check-events.ts";
import { type EventOf, type Fields, labelOf, ofOneRun, type ReportData, type Rival, type Run } from "./run-data.ts";

/**
 * Read one race folder, one run folder, or several of either, which are laid over one another.
 *
 * @throws {UsageError} no folder was named
 * @throws {DataError}  a folder is neither a run nor a race, or a file in it is damaged
 */
export function loadReport(folders: readonly string[]): ReportData {
  const [only] = folders;
  if (only === undefined) throw new UsageError({ where: "report", problem: "no run folder was named" });
  if (folders.length > 1) return overlay(folders);
  if (existsSync(join(only, "race.json"))) {
    const race = readFields(join(only, "race.json"));
    return { kind: "race", race, rivals: byRival(runsOf(only), rivalOrder(race)) };
  }
  return { kind: "run", race: null, rivals: byRival(runsOf(only), []) };
}

/** Runs with the same rival and other settings keep apart: the later ones carry their folder's name. */
function overlay(folders: readonly string[]): ReportData {
  const settingsOf = new Map<string, string>();
  const runs = folders.flatMap((folder) =>
    runsOf(folder).map((run) => {
      const settings = JSON.stringify(
        Object.entries(run.config)
          .filter(([key]) => !ofOneRun.has(key))
          .sort(),
      );
      const known = settingsOf.get(run.rival);
      if (known === undefined || known === settings) {
        settingsOf.set(run.rival, settings);
        return run;
      }
      return { ...run, rival: `${labelOf(run.rival)} (${run.name})` };
    }),
  );
  return { kind: "overlay", race: null, rivals: byRival(runs, []) };
}

/** The runs in a folder: its own, or those of its subfolders. */
function runsOf(folder: string): Run[] {
  if (existsSync(join(folder, "run.json"))) return [readRun(folder)];
  const inside = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(folder, entry.name))
    : [];
  const runs = inside
    .filter((path) => existsSync(join(path, "run.json")))
    .sort(byNumberInName)
    .map(readRun);
  if (runs.length > 0) return runs;
  throw new DataError({
    where: folder,
    problem: existsSync(folder) ? "holds no run: neither it nor a folder in it has a run.json" : "does not exist",
    help: "Name a folder that kronograd made, such as one below runs/.",
    details: { folder },
  });
}

const byNumberInName = (a: string, b: string) => a.localeCompare(b, "en", { numeric: true });

function readRun(path: string): Run {
  const config = readFields(join(path, "run.json"));
  const events = checkEvents(RunFolder.open(path).events(), join(path, "events.jsonl"));
  const of = <T extends EventOf<"step">["type"] | string>(type: T) => events.filter((event) => event.type === type);
  const name = basename(resolve(path));
  const fromName = /^(.*)-s(\d+)$/.exec(name);
  const rival =
    events.find((event) => event.rival !== undefined)?.rival ??
    config.rival ??
    config.optimizer ??
    fromName?.[1] ??
    name;
  const seed = config.seed ?? (fromName === null ? null : Number(fromName[2]));
  return {
    name,
    rival: String(rival),
    seed: typeof seed === "number" ? seed : null,
    config,
    plan: (of("plan").at(-1) as EventOf<"plan"> | undefined) ?? null, // a resumed run has one for each start
    steps: of("step") as EventOf<"step">[],
    evals: (of("eval") as EventOf<"eval">[]).filter(({ split }) => split === "test"),
    phases: of("phase") as EventOf<"phase">[],
    skipped: of("skipped") as EventOf<"skipped">[],
    notices: of("notice") as EventOf<"notice">[],
    end: (of("end").at(-1) as EventOf<"end"> | undefined) ?? null,
  };
}

/** A JSON file that must hold an object. */
function readFields(file: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new DataError({
      where: file,
      problem: "is not valid JSON",
      help: "The file was damaged; run again.",
      details: { file },
      cause,
    });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new DataError({
    where: file,
    problem: "does not hold an object",
    got: Array.isArray(value) ? JSON.stringify(value).slice(0, 40) : literal(value),
    details: { file },
  });
}

/** The order in which race.json names its rivals: names, or objects that have one. */
function rivalOrder({ rivals }: Fields): string[] {
  if (Array.isArray(rivals)) {
    return rivals.map((rival: unknown) =>
      String(typeof rival === "object" && rival !== null ? (rival as Fields).name : rival),
    );
  }
  return typeof rivals === "object" && rivals !== null ? Object.keys(rivals) : [];
}

function byRival(runs: readonly Run[], order: readonly string[]): Rival[] {
  const names = [
    ...new Set([...order.filter((name) => runs.some((run) => run.rival === name)), ...runs.map((run) => run.rival)]),
  ];
  return names.map((name, index) => ({
    name,
    label: labelOf(name),
    index,
    runs: runs.filter((run) => run.rival === name),
  }));
}

/** Where a report of these folders is written unless said otherwise: in the folder, or beside several. */
export function reportPath(folders: readonly string[]): string {
  const first = folders[0] as string;
  return join(folders.length === 1 ? first : dirname(resolve(first)), "report.html");
}
