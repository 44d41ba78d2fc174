/** `kronograd inspect`: what a run is made of, as text: plan, checkpoints, spectra of its curvature, memory. */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { columns } from "@kronograd/figures";
import { bytes, count, number } from "@kronograd/figures/format";
import { UsageError } from "@kronograd/tensor";
import { RunFolder } from "@kronograd/train/node";
import { readConfig } from "../configuration/config.ts";
import { openExperiment } from "../opening/experiment.ts";
import { headLine, planTable } from "../render/plan-table.ts";
import { figure } from "../render/text.ts";
import { parseFrom } from "../runs/from.ts";
import { type BlockSpectra, restoreRun, spectraOf } from "../runs/inspection.ts";
import type { Command } from "./command.ts";
import { raceDefaults } from "./race.ts";

export const inspect: Command = {
  name: "inspect",
  summary: "show plan, checkpoints, factor spectra, condition numbers and memory of a run",
  usage: "<run>",
  flags: [],
  own: [{ name: "from", value: "<last|best|step>", help: "the checkpoint to look at (default: last)" }],
  async run({ positionals, own }) {
    const [path, ...more] = positionals;
    if (path === undefined || more.length > 0) {
      throw new UsageError({ where: "kronograd inspect", problem: "wants one run folder", got: positionals });
    }
    if (existsSync(join(path, "race.json"))) {
      throw new UsageError({ where: path, problem: "is a race", help: "Name one of the runs in it." });
    }
    const folder = RunFolder.open(path);
    const lines = await describe(folder, parseFrom(own.get("from")?.at(-1) ?? "last"));
    process.stdout.write(`${lines.join("\n")}\n`);
    return 0;
  },
};

async function describe(folder: RunFolder, from: "last" | "best" | number): Promise<string[]> {
  const events = folder.events();
  const config = readConfig(join(folder.path, "run.json"));
  const layers = [{ from: "file", config: { ...config, report: false } }] as const;
  const experiment = await openExperiment(layers, raceDefaults);
  const plan = events.findLast((event) => event.type === "plan");
  const end = events.findLast((event) => event.type === "end");
  const best = end?.type === "end" ? end.best : null;
  const rival = experiment.rivals[0]?.name ?? "";
  const lines: string[] = [];
  if (plan?.type === "plan")
    lines.push(headLine(experiment.data, experiment.settings.model, plan), ...planTable(rival, plan));
  lines.push("", "checkpoints");
  for (const name of folder.checkpoints()) {
    lines.push(`  ${name}  ${bytes(statSync(join(folder.path, "checkpoints", name)).size)}`);
  }
  if (end?.type === "end") {
    const measured = Object.entries(best?.metrics ?? {}).map(([name, value]) => `, ${name} ${number(value)}`);
    const bestText =
      best === null
        ? ""
        : `; best on validation rows at step ${count(best.step)}: loss ${number(best.loss)}${measured.join("")}`;
    lines.push("", `${end.reason} at step ${count(end.step)}, ${number(end.seconds)} s of training${bestText}`);
  }
  if (folder.checkpoints().length === 0) return lines;

  using run = await restoreRun(experiment, folder, from);
  const spectra = await spectraOf(run.optimizer);
  lines.push("", `curvature at step ${count(run.step)}`);
  if (spectra.length === 0) lines.push("  none: the optimizer keeps no matrices");
  else lines.push(...columns([head, ...spectra.map(row)], [0, 1]).map((line) => `  ${line}`));
  const { memory } = run;
  lines.push(
    "",
    `memory: ${bytes(memory.parameters)} of parameters and buffers, ${bytes(memory.optimizer)} of optimizer state`,
  );
  return lines;
}

const conditionText = (condition: number) => (Number.isFinite(condition) ? figure(condition) : "singular");

const head = ["layer", "spectrum", "size", "largest", "median", "least", "condition"];

function row({ block, name, size, largest, median, least, condition }: BlockSpectra): string[] {
  return [
    block,
    name,
    String(size),
    ...[largest, median, least].map((value) => figure(value)),
    conditionText(condition),
  ];
}
