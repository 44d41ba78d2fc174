/** What a run and a race write about themselves: run.json and race.json, which are configurations again. */

import { readFileSync } from "node:fs";
import { batchOrderHash, isFile, printRival, weightsHash } from "@kronograd/experiment";
import type { Layer } from "@kronograd/layers";
import type { Optimizer } from "@kronograd/optimizers";
import type { Rng } from "@kronograd/tensor";
import { batchesOf } from "@kronograd/train";
import type { OpenExperiment, OpenRival } from "../opening/experiment.ts";

/** The version of the command. */
export const version = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }
).version;

/** The part of a configuration that all runs of a race share. */
function shared({ settings, data, device }: OpenExperiment) {
  const { dataDir, task, steps, epochs, seconds, until, microBatch, threads, fast, strict } = settings;
  return {
    data: settings.data,
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(task === undefined ? {} : { task }),
    model: settings.model,
    ...(settings.loss === undefined ? {} : { loss: settings.loss }),
    schedule: settings.schedule,
    ...(steps === undefined ? {} : { steps }),
    ...(epochs === undefined ? {} : { epochs }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(until === undefined ? {} : { until: until.text }),
    batch: settings.batch,
    ...(microBatch === undefined ? {} : { microBatch }),
    backend: device.kind,
    dtype: settings.dtype,
    ...(threads === undefined ? {} : { threads }),
    ...(fast === undefined ? {} : { fast }),
    ...(strict ? { strict } : {}),
    evaluateEvery: settings.evaluateEvery,
    target: settings.target,
    checkpointEvery: settings.checkpointEvery,
    keep: settings.keep,
    // Recorded, not configured:
    started: new Date().toISOString(),
    command: commandLine(),
    versions: { kronograd: version, node: process.version },
    device: device.toString(),
    deviceChoice: device.why,
    dataFingerprint: data.fingerprint,
  };
}

/** How a rival is written in run.json, its options apart: "kfac", "slow=kfac". */
const written = ({ name, optimizer }: Pick<OpenRival, "name" | "optimizer">): string =>
  printRival({ name, optimizer, options: {} });

/** run.json: one rival, one seed, every option of its optimizer. */
export async function runRecord(
  experiment: OpenExperiment,
  rival: OpenRival,
  seed: number,
  { model, optimizer, rng }: { model: Layer; optimizer: Optimizer; rng: Rng },
): Promise<Record<string, unknown>> {
  const { settings, data } = experiment;
  return {
    rival: rival.name,
    optimizer: written(rival),
    options: isFile(rival.optimizer) ? rival.options : optimizer.config,
    seed,
    ...shared(experiment),
    initialWeights: await weightsHash(model),
    batchOrder: batchOrderHash(batchesOf(data, settings.batch, rng)),
  };
}

/** race.json: all rivals in their order, and how their options were chosen. */
export function raceRecord(experiment: OpenExperiment): Record<string, unknown> {
  const { rivals, settings } = experiment;
  const tuning = rivals.flatMap(({ name, tunedPoints }) =>
    tunedPoints === null ? [] : [[name, { points: tunedPoints }]],
  );
  return {
    optimizer: rivals.map(written).join(","),
    rivals: Object.fromEntries(rivals.map(({ name, options }) => [name, options])),
    seed: settings.seeds[0],
    seeds: settings.seeds.length,
    ...shared(experiment),
    tuning: Object.fromEntries(tuning),
  };
}

/** The command as it was typed. */
function commandLine(): string {
  const quote = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  return [commandName(), ...process.argv.slice(2).map(quote)].join(" ");
}

/** How the user calls this command, for lines that can be copied. */
export function commandName(): string {
  return process.env.npm_lifecycle_event === undefined ? "kronograd" : "npm run kronograd --";
}
