/**
 * A run is a stream of small plain objects: the terminal, the browser and the report render the same stream, and a worker
 * can post it as it is (`structuredClone`).
 *
 * Units: seconds of training time (evaluation, checkpoints and drawing stand outside), milliseconds in `phase`. A loss or
 * norm of a diverging run may be infinite or NaN; in a file it is null.
 */

import type { SplitName } from "@kronograd/data";
import type { Table } from "./metric.ts";

/** The splits that are evaluated. */
export type EvaluatedSplit = Exclude<SplitName, "train">;

/** The parts of a step's time, in milliseconds. On an asynchronous device all but "wait" is the time it takes to enqueue. */
export type Phase =
  | "data"
  | "forward"
  | "backward"
  | "labels"
  | "statistics"
  | "refresh"
  | "precondition"
  | "update"
  | "apply"
  | "wait";

/** All phases, in the order of a step. */
export const phases: readonly Phase[] = [
  "data",
  "forward",
  "backward",
  "labels",
  "statistics",
  "refresh",
  "precondition",
  "update",
  "apply",
  "wait",
];

/** Plan for a layer, before the first step. */
export interface PlanLayer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parameters: number;
  /** With a router: the rule that took it, and the optimizer that it went to. */
  readonly rule?: string;
  readonly method?: string;
  /** "skfac", or "plain gradient". */
  readonly curvature: string;
  /** The form chosen ("dual, 32 columns"), its flops a step, bytes kept and precision; empty where there is no curvature. */
  readonly form: string;
  readonly flops: number;
  readonly bytes: number;
  readonly precision: string;
}

/** The rows of a run, before the first step. */
export interface PlanRows {
  readonly train: number;
  /** 0: nothing is decided by an evaluation. */
  readonly validation: number;
  readonly test: number;
  /** Whether validation rows were held out of the training rows. */
  readonly heldOut: boolean;
  /** Training rows of an epoch that fill no batch and are left out (`dropLast`). */
  readonly leftOut: number;
}

/** One event of a run; in a race it carries the rival's name. */
export type RunEvent = { readonly rival?: string } & (
  | {
      readonly type: "plan";
      readonly device: string;
      readonly why: readonly string[];
      readonly optimizer: string;
      readonly parameters: number;
      readonly rows: PlanRows;
      readonly layers: readonly PlanLayer[];
      /**
       * Bytes of tensors that a step is estimated to need at its peak, where `estimateMemory` asks for it: by going through the
       * first steps without computing. Absent where that is not possible.
       */
      readonly peakBytes?: number;
    }
  | {
      readonly type: "step";
      /** Steps done. */
      readonly step: number;
      readonly examples: number;
      readonly seconds: number;
      readonly learningRate: number;
      readonly loss?: number;
      /** At every tenth step where gradients exist only as factors. */
      readonly gradNorm?: number;
      /** Numbers that the optimizer reports: damping, clip coefficients. */
      readonly reported: Readonly<Record<string, number>>;
    }
  | {
      readonly type: "eval";
      /** "validation" decides, "test" is reported; where a run has both, "validation" comes first. */
      readonly split: EvaluatedSplit;
      readonly step: number;
      readonly examples: number;
      readonly seconds: number;
      readonly loss: number;
      /** Numbers by the names of the metrics. */
      readonly metrics: Readonly<Record<string, number>>;
      /** Tables by the names of the metrics that are tables. */
      readonly tables?: Readonly<Record<string, Table>>;
    }
  /** Milliseconds since the last such event, over `steps` steps. */
  | {
      readonly type: "phase";
      readonly step: number;
      readonly steps: number;
      readonly ms: Readonly<Record<Phase, number>>;
    }
  /** A step that was not taken, because something in it was not finite or could not be factored. */
  | {
      readonly type: "skipped";
      readonly step: number;
      readonly examples: number;
      readonly seconds: number;
      readonly inARow: number;
      readonly total: number;
      readonly what: string;
    }
  | { readonly type: "checkpoint"; readonly step: number; readonly path: string }
  | { readonly type: "notice"; readonly level: "info" | "warn"; readonly text: string }
  | {
      readonly type: "end";
      readonly reason: "done" | "stopped" | "diverged";
      readonly step: number;
      readonly seconds: number;
      /** Bytes of tensors at the peak of a step, as measured: the run's own and those of the step. Absent without a step. */
      readonly peakBytes?: number;
      /** Steps that were skipped. */
      readonly skipped: number;
      /** Why the run diverged, or was stopped early; empty else. */
      readonly text: string;
      /** The best evaluation of the validation rows; null where there was none. */
      readonly best: {
        readonly step: number;
        readonly loss: number;
        readonly metrics: Readonly<Record<string, number>>;
      } | null;
    }
);

/** The event that tells what will be done. */
export type PlanEvent = Extract<RunEvent, { readonly type: "plan" }>;
