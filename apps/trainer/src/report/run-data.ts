/** What a report is made of: runs with their events, gathered by rival. */

import type { RunEvent } from "@kronograd/train";

/** The events of one kind. */
export type EventOf<T extends RunEvent["type"]> = Extract<RunEvent, { readonly type: T }>;

/** A JSON object from a run folder, not looked into yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** One run folder, read. */
export interface Run {
  /** The folder's name, for messages and lists. */
  readonly name: string;
  readonly rival: string;
  readonly seed: number | null;
  /** run.json. */
  readonly config: Fields;
  readonly plan: EventOf<"plan"> | null;
  readonly steps: readonly EventOf<"step">[];
  readonly evals: readonly EventOf<"eval">[];
  readonly phases: readonly EventOf<"phase">[];
  readonly skipped: readonly EventOf<"skipped">[];
  readonly notices: readonly EventOf<"notice">[];
  /** Absent where the run was killed. */
  readonly end: EventOf<"end"> | null;
}

/** The runs of one optimizer, one for each seed. */
export interface Rival {
  /** As it stands in the files: "skfac". */
  readonly name: string;
  /** As it is printed: "SKFAC". */
  readonly label: string;
  /** Its place in the race, which decides colour and dashes. */
  readonly index: number;
  readonly runs: readonly Run[];
}

/** Everything that a report shows. */
export interface ReportData {
  readonly kind: "run" | "race" | "overlay";
  readonly rivals: readonly Rival[];
  /** race.json; absent for a single run and for runs that were laid over one another. */
  readonly race: Fields | null;
}

/** Keys of run.json that say which run it is and what came out, not how it was set up. */
export const ofOneRun: ReadonlySet<string> = new Set([
  "rival",
  "race",
  "seed",
  "started",
  "command",
  "initialWeights",
  "batchOrder",
]);

/** All runs, rival by rival. */
export const allRuns = ({ rivals }: Pick<ReportData, "rivals">): Run[] => rivals.flatMap((rival) => rival.runs);

/** Whether a run ended as diverged. */
export const diverged = (run: Run): boolean => run.end?.reason === "diverged";

/** Steps that a run did, by its end or by the last event that counts them. */
export function lastStep(run: Run): number {
  return run.end?.step ?? Math.max(0, ...[run.steps.at(-1)?.step ?? 0, run.evals.at(-1)?.step ?? 0]);
}

const printed: Readonly<Record<string, string>> = {
  sgd: "SGD",
  adam: "Adam",
  adamW: "AdamW",
  amsgrad: "AMSGrad",
  adamax: "Adamax",
  nadam: "NAdam",
  radam: "RAdam",
  adagrad: "AdaGrad",
  adadelta: "AdaDelta",
  rmsprop: "RMSprop",
  kfac: "K-FAC",
  ekfac: "EKFAC",
  skfac: "SKFAC",
};

/** The printed form of an optimizer's name; a name that is not known stays as it is. */
export const labelOf = (name: string): string => (Object.hasOwn(printed, name) ? (printed[name] as string) : name);
