/** The rules of a fair race, each with whether it was met, judged from what the runs wrote down. */

import { count, listing, number } from "@kronograd/figures/format";
import { allRuns, diverged, type Fields, lastStep, type ReportData, type Run } from "./run-data.ts";

export interface Rule {
  readonly rule: string;
  readonly state: "met" | "not met" | "not recorded";
  /** What the judgement rests on. */
  readonly evidence: string;
}

/** What stands before a rule in a list. */
export const ruleMarks = { met: "✓", "not met": "✗", "not recorded": "?" } as const;

/** Judge every rule. */
export function raceRules(data: ReportData): Rule[] {
  return [
    sameStart(data),
    sameBatches(data),
    sameEvaluations(data),
    sameLength(data),
    sameBudget(data),
    enoughSeeds(data),
    trainingSeconds(data),
    sameMachine(data),
    shownToTheEnd(data),
  ];
}

const verdict = (met: boolean): Rule["state"] => (met ? "met" : "not met");

/** Whether, seed by seed, a fact is the same for all rivals; `null` where a run lacks it. */
function sameForEachSeed(data: ReportData, fact: (run: Run) => unknown): boolean | null {
  const runs = allRuns(data);
  const facts = [...new Set(runs.map(({ seed }) => seed))].map((seed) =>
    runs.filter((run) => run.seed === seed).map(fact),
  );
  if (facts.flat().some((value) => value === undefined || value === null)) return null;
  return facts.every((values) => values.every((value) => value === values[0]));
}

function sameStart(data: ReportData): Rule {
  const rule = "All rivals start from the same weights.";
  const hashes = sameForEachSeed(data, ({ config }) => config.initialWeights);
  const losses = sameForEachSeed(data, ({ evals }) => evals.find(({ step }) => step === 0)?.loss);
  const loss = allRuns(data)[0]?.evals.find(({ step }) => step === 0)?.loss;
  if (hashes === null && losses === null)
    return { rule, state: "not recorded", evidence: "neither a hash of the weights nor an evaluation at step 0" };
  if (hashes === false || losses === false)
    return {
      rule,
      state: "not met",
      evidence: hashes === false ? "hashes of the initial weights differ" : "test losses at step 0 differ",
    };
  const evidence = [
    hashes === true ? "equal hashes of the initial weights for each seed" : "",
    losses === true
      ? `test losses at step 0 equal to the last bit (${number(loss)}${data.rivals.some(({ runs }) => runs.length > 1) ? ", first seed" : ""})`
      : "",
  ];
  return { rule, state: "met", evidence: evidence.filter((text) => text !== "").join("; ") };
}

function sameBatches(data: ReportData): Rule {
  const rule = "All rivals see the same batches in the same order.";
  const facts: [string, boolean | null][] = [
    ["data", sameForEachSeed(data, ({ config }) => config.dataFingerprint)],
    ["batch size", sameForEachSeed(data, ({ config }) => config.batch)],
    ["order of batches", sameForEachSeed(data, ({ config }) => config.batchOrder)],
    ["loss of the first batch", sameForEachSeed(data, ({ steps }) => steps.find(({ step }) => step === 1)?.loss)],
  ];
  const of = (state: boolean | null) => facts.filter(([, same]) => same === state).map(([name]) => name);
  if (of(false).length > 0) return { rule, state: "not met", evidence: `not the same: ${listing(of(false))}` };
  const order = facts.slice(2).some(([, same]) => same === true);
  const evidence =
    of(true).length === 0 ? "nothing about it was written down" : `the same for each seed: ${listing(of(true))}`;
  return { rule, state: order ? "met" : "not recorded", evidence };
}

function sameEvaluations(data: ReportData): Rule {
  const lists = allRuns(data).map((run) => ({ run, steps: run.evals.map(({ step }) => step) }));
  const longest = lists.reduce((a, b) => (b.steps.length > a.length ? b.steps : a), [] as number[]);
  // A run that diverged has fewer, but those that it has are at the same steps.
  const met = lists.every(
    ({ run, steps }) =>
      (diverged(run) || steps.length === longest.length) && steps.every((step, i) => step === longest[i]),
  );
  const evidence = met
    ? `${longest.length} evaluations, at steps ${short(longest)}`
    : "runs were evaluated at different steps";
  return { rule: "All rivals are evaluated at the same steps.", state: verdict(met && longest.length > 0), evidence };
}

const short = (steps: readonly number[]): string =>
  steps.length <= 6
    ? steps.map(count).join(", ")
    : `${steps.slice(0, 3).map(count).join(", ")}, … ${steps.slice(-2).map(count).join(", ")}`;

function sameLength(data: ReportData): Rule {
  const runs = allRuns(data).filter((run) => !diverged(run));
  const steps = [...new Set(runs.map(lastStep))].sort((a, b) => a - b);
  const ended = runs.every((run) => run.end?.reason === "done");
  const evidence = [
    `${steps.map(count).join(", ")} steps`,
    ended
      ? ""
      : `not run to their end: ${listing(runs.filter((run) => run.end?.reason !== "done").map(({ name }) => name))}`,
  ];
  return {
    rule: "All rivals train for the same number of steps.",
    state: verdict(steps.length === 1 && ended),
    evidence: evidence.filter((text) => text !== "").join("; "),
  };
}

function sameBudget(data: ReportData): Rule {
  const rule = "The settings of each rival were chosen from the same number of grid points.";
  const points = data.rivals.map(({ name }) => gridPoints(data.race, name));
  if (points.some((each) => each === null)) {
    return { rule, state: "not recorded", evidence: "the race does not say how the settings were chosen" };
  }
  const evidence = data.rivals.map(({ label }, i) => `${label} ${points[i]}`).join(", ");
  return { rule, state: verdict(new Set(points).size === 1), evidence: `grid points: ${evidence}` };
}

function gridPoints(race: Fields | null, rival: string): number | null {
  const tuning = race?.tuning as Fields | undefined;
  const of = tuning?.[rival] as Fields | undefined;
  return typeof of?.points === "number" ? of.points : null;
}

function enoughSeeds(data: ReportData): Rule {
  const least = Math.min(...data.rivals.map(({ runs }) => runs.length));
  const evidence =
    least >= 3
      ? `${least} seeds; lines and numbers are medians, bands and brackets the range`
      : least === 1
        ? "one seed: a difference may be chance"
        : `${least} seeds`;
  return { rule: "At least three seeds, with median and range.", state: verdict(least >= 3), evidence };
}

/** The clock of a run stands still outside the phases of a step, so its seconds must be their sum. */
function trainingSeconds(data: ReportData): Rule {
  const rule = "Seconds count training only: no evaluation, drawing or saving.";
  const gaps = allRuns(data).map((run) => {
    const seconds = run.end?.seconds ?? Number.NaN;
    const sum = run.phases.reduce((total, { ms }) => total + Object.values(ms).reduce((a, b) => a + b, 0), 0) / 1000;
    return Math.abs(sum - seconds) / seconds;
  });
  if (gaps.some(Number.isNaN))
    return { rule, state: "not recorded", evidence: "a run has no end or no times by phase" };
  const worst = Math.max(...gaps);
  return {
    rule,
    state: verdict(worst <= 0.01),
    evidence: `the seconds of each run are the sum of the phases of its steps, within ${number(100 * Math.max(worst, 1e-4), 1)}\u202F%`,
  };
}

function sameMachine(data: ReportData): Rule {
  const devices = [...new Set(allRuns(data).map(({ plan }) => plan?.device))];
  const rule = "All rivals run on the same device.";
  if (devices.includes(undefined)) return { rule, state: "not recorded", evidence: "a run has no plan" };
  return { rule, state: verdict(devices.length === 1), evidence: devices.join("; ") };
}

function shownToTheEnd(data: ReportData): Rule {
  const lost = allRuns(data).filter(diverged);
  const evidence =
    lost.length === 0
      ? "none diverged"
      : `${listing(lost.map(({ name }) => name))}: drawn to the end, marked ×, and counted as worst in every median`;
  return { rule: "A run that diverges is shown, not dropped.", state: "met", evidence };
}
