/** Made-up run and race folders for tests: few events, numbers that can be checked by hand. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { phases, type RunEvent } from "@kronograd/train";
import { loadReport } from "../load.ts";
import type { Rival } from "../run-data.ts";

/** What a made-up run did. */
export interface RunPlan {
  readonly rival?: string;
  readonly seed?: number;
  readonly steps?: number;
  readonly evaluateEvery?: number;
  /** Test accuracy at a step. */
  readonly accuracy?: (step: number) => number;
  /** Test and training loss at a step. */
  readonly loss?: (step: number) => number;
  readonly msPerStep?: number;
  readonly reported?: (step: number) => Record<string, number>;
  /** The step at which it ends as diverged. */
  readonly divergesAt?: number;
  /** Milliseconds a step by phase; what they lack of msPerStep goes to forward. */
  readonly phases?: Record<string, number>;
  readonly notices?: readonly string[];
  readonly config?: Record<string, unknown>;
}

/** The events of such a run, as fit() would yield them. */
export function makeEvents(plan: RunPlan): RunEvent[] {
  const { rival = "sgd", steps = 100, evaluateEvery = 20, msPerStep = 2, divergesAt = Number.POSITIVE_INFINITY } = plan;
  const {
    accuracy = (step) => 0.1 + (0.8 * step) / steps,
    loss = (step) => 2.3 / (1 + step / 10),
    reported = () => ({}),
  } = plan;
  const batch = 10;
  const last = Math.min(steps, divergesAt);
  const at = (step: number) => ({ step, examples: batch * step, seconds: (msPerStep * step) / 1000 });
  const evaluation = (step: number): RunEvent => ({
    type: "eval",
    split: "test",
    ...at(step),
    loss: loss(step),
    metrics: { accuracy: accuracy(step) },
  });
  const curved = rival.endsWith("kfac") || rival.endsWith("skfac");
  const layer = {
    name: "dense1",
    shape: [4, 3],
    parameters: 16,
    curvature: curved ? rival : "plain gradient",
    form: curved ? "dual, 32 columns" : "",
    flops: curved ? 1200 : 0,
    bytes: curved ? 4096 : 0,
    precision: curved ? "float64" : "",
  };
  const rows = { train: 50, validation: 0, test: 20, heldOut: false, leftOut: 0 };
  const events: RunEvent[] = [
    { type: "plan", device: "cpu", why: [], optimizer: rival, parameters: 16, rows, layers: [layer] },
    ...(plan.notices ?? []).map((text): RunEvent => ({ type: "notice", level: "warn", text })),
    evaluation(0),
  ];
  for (let step = 1; step <= last; step++) {
    events.push({
      type: "step",
      ...at(step),
      learningRate: 0.1 * (1 - (step - 1) / steps),
      loss: loss(step - 1),
      reported: reported(step),
    });
    if (step % evaluateEvery === 0 || step === steps) events.push(evaluation(step));
  }
  const extra = Object.values(plan.phases ?? {}).reduce((a, b) => a + b, 0);
  const each = Object.fromEntries(
    phases.map((phase) => [
      phase,
      ((plan.phases?.[phase] ?? 0) + (phase === "forward" ? msPerStep - extra : 0)) * last,
    ]),
  );
  events.push({ type: "phase", step: last, steps: last, ms: each as never });
  const isLost = last < steps;
  events.push({
    type: "end",
    reason: isLost ? "diverged" : "done",
    ...at(last),
    skipped: 0,
    text: isLost ? "the loss stayed high" : "",
    best: null,
  });
  return events.map((event) => ({ ...event, rival }));
}

/** A rival with its runs, as the loader would read them. */
export function makeRival(name: string, plans: readonly RunPlan[], index = 0): Rival {
  using folder = temporaryFolder();
  plans.forEach((plan, i) => {
    writeRun(join(folder.path, `run${String(i)}`), { seed: i, ...plan, rival: name });
  });
  const [rival] = loadReport([folder.path]).rivals;
  return { ...(rival as Rival), index };
}

/** A folder that removes itself: `using folder = temporaryFolder()`. */
export function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "kronograd-report-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Write a run folder. */
export function writeRun(path: string, plan: RunPlan): void {
  const { rival = "sgd", seed = 0 } = plan;
  mkdirSync(path, { recursive: true });
  const config = {
    rival,
    optimizer: rival,
    seed,
    data: "mnist",
    model: "mlp:784,128,64,10",
    batch: 10,
    initialWeights: `w${seed}`,
    batchOrder: `b${seed}`,
    dataFingerprint: "d",
    ...plan.config,
  };
  writeFileSync(join(path, "run.json"), JSON.stringify(config));
  writeFileSync(
    join(path, "events.jsonl"),
    makeEvents(plan)
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(""),
  );
}

/** Write a race folder; its runs are `<rival>-s<seed>`. */
export function writeRace(path: string, runs: readonly RunPlan[], race: Record<string, unknown> = {}): void {
  mkdirSync(path, { recursive: true });
  const rivals = [...new Set(runs.map(({ rival = "sgd" }) => rival))];
  writeFileSync(join(path, "race.json"), JSON.stringify({ rivals, ...race }));
  runs.forEach((plan, i) => {
    writeRun(join(path, `${(plan.rival ?? "sgd").replace(/[^\w-]/g, "_") || i}-s${plan.seed ?? 0}`), plan);
  });
}
