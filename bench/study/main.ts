/**
 * `npm run study`: what the defaults of SKFAC are worth beside tuned rivals, on Fashion-MNIST.
 *
 * For each net every optimizer is tuned over as many grid points, on held-back training rows; then they race from three seeds,
 * for one and for two epochs. SKFAC runs twice: as it is shipped, and tuned like the others. A study that was stopped goes on
 * where it was: rows of tunings are kept, and races that are there are not run again (`runs/study`).
 *
 * Arguments, all optional: nets ("lenet"), numbers of epochs ("2").
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadReport } from "@kronograd/trainer/report";
import { curvesChart } from "./chart.ts";
import { outcomeOf, type Study, withTables } from "./table.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const results = join(root, "docs/results");
const resultFile = join(results, "study-fashion-mnist.json");
const note = join(root, "docs/notes/fashion-mnist.md");
const command = join(root, "apps/trainer/src/main.ts");

const nets = { "mlp:512,256": "mlp-512-256", lenet: "lenet" } as const;
const target = 0.88;
const common = { data: "fashion-mnist", batch: 128, schedule: "linear", backend: "wasm", dtype: "float32" } as const;

function kronograd(...words: string[]): void {
  const { status } = spawnSync(process.execPath, ["--conditions=@kronograd/source", command, ...words], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** The options that the tuning of a net found best, by optimizer. */
function tune(model: string, name: string): Record<string, Record<string, unknown>> {
  const file = join(results, `tune-fashion-mnist-${name}.json`);
  const optimizers = "sgd,adam,kfac,skfac";
  kronograd("tune", "--data", common.data, "--model", model, "--optimizer", optimizers, "--backend", common.backend, "--results", file); // biome-ignore format: one command
  const { best } = JSON.parse(readFileSync(file, "utf8")) as {
    best: Record<string, { options: Record<string, unknown> }>;
  };
  return Object.fromEntries(Object.entries(best).map(([optimizer, { options }]) => [optimizer, options]));
}

/** Race for some epochs, and give the folder. */
function race(model: string, name: string, epochs: number): string {
  const { skfac, ...others } = tune(model, name);
  const folder = join(root, "runs/study", `${name}-${epochs}`);
  if (existsSync(folder)) return folder;
  const part = `${folder}.part`;
  const settings = join(part, "settings.json");
  const config = {
    ...common,
    model,
    epochs,
    optimizer: "sgd,adam,kfac,skfac,tuned=skfac",
    rivals: { ...others, tuned: skfac },
    seeds: 3,
    evaluateEvery: 26,
    target,
    checkpointEvery: 10_000,
  };
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  writeFileSync(settings, JSON.stringify(config));
  kronograd("race", "--config", settings, "--out", part);
  const made = readdirSync(part).find((entry) => entry.includes("-race-"));
  renameSync(join(part, made as string), folder);
  rmSync(part, { recursive: true });
  return folder;
}

const wanted = process.argv.slice(2);
const isWanted = (word: string, all: readonly string[]) =>
  !all.some((each) => wanted.includes(each)) || wanted.includes(word);

const known = existsSync(resultFile) ? (JSON.parse(readFileSync(resultFile, "utf8")) as Study) : null;
const outcomes = new Map((known?.outcomes ?? []).map((outcome) => [`${outcome.model} ${outcome.epochs}`, outcome]));
for (const [model, name] of Object.entries(nets)) {
  for (const epochs of [1, 2]) {
    if (!isWanted(model, Object.keys(nets)) || !isWanted(String(epochs), ["1", "2"])) continue;
    const data = loadReport([race(model, name, epochs)]);
    outcomes.set(`${model} ${epochs}`, outcomeOf(data, { model, epochs, target }));
    writeFileSync(join(results, `study-fashion-mnist-${name}-${epochs}.svg`), curvesChart(data, target));
  }
}
const study: Study = {
  command: "npm run study",
  machine: `${cpus()[0]?.model.trim()} × ${cpus().length}, node ${process.version}`,
  outcomes: [...outcomes.values()],
};
writeFileSync(resultFile, `${JSON.stringify(study, null, 2)}\n`);
writeFileSync(note, withTables(readFileSync(note, "utf8"), study));
