/** What is drawn against steps, examples and seconds. */

import type { ScaleKind } from "@kronograd/figures";
import * as format from "@kronograd/figures/format";
import { evaluated, type Sample, trailingMean, trainingLoss } from "../curves.ts";
import { measureOf, targetsOf } from "../measure.ts";
import { allRuns, type ReportData, type Run } from "../run-data.ts";

/** A quantity and how it is drawn. */
export interface Quantity {
  readonly title: string;
  readonly note: string;
  readonly scale: ScaleKind;
  readonly worst: number;
  readonly samples: (run: Run) => readonly Sample[];
  readonly format: (value: number) => string;
  /** Whether each measurement gets a dot. */
  readonly dots: boolean;
  /** The target's level, where this is what the race is about, and how a reader is told of its line. */
  readonly guide: number | null;
  readonly dotted: string;
}

/** All quantities, first the one that decides the race. */
export function quantitiesOf(data: ReportData): Quantity[] {
  const measure = measureOf(data);
  const target = targetsOf(data, measure).telling;
  const guided = (key: "accuracy" | "loss") =>
    target !== null && measure.key === key
      ? { guide: target, dotted: ` Dotted: ${measure.formatLevel(target)}.` }
      : { guide: null, dotted: "" };
  const loss = {
    scale: "log",
    worst: Number.POSITIVE_INFINITY,
    format: (value: number) => format.number(value),
  } as const;
  const accuracy: Quantity = {
    title: "Test accuracy",
    note: "The scale widens towards 100\u202F%: equal distances are equal factors of the error.",
    scale: "error",
    worst: Number.NEGATIVE_INFINITY,
    samples: (run) => evaluated(run, "accuracy"),
    format: format.percent,
    dots: true,
    ...guided("accuracy"),
  };
  const testLoss: Quantity = {
    ...loss,
    title: "Test loss",
    note: "Logarithmic scale.",
    samples: (run) => evaluated(run, "loss"),
    dots: true,
    ...guided("loss"),
  };
  const window = windowOf(data);
  const ofBatches: Quantity = {
    ...loss,
    title: "Training loss",
    note: `Logarithmic scale. Loss of the batches, each point the mean of the last ${window} steps.`,
    samples: (run) => {
      const finite = trainingLoss(run).filter(({ value }) => Number.isFinite(value));
      return trailingMean(finite, window);
    },
    dots: false,
    guide: null,
    dotted: "",
  };
  return measure.key === "accuracy" ? [accuracy, testLoss, ofBatches] : [testLoss, ofBatches];
}

/** A thirtieth of the run: short against its course, long against the jumps from batch to batch. */
function windowOf(data: ReportData): number {
  const steps = Math.max(0, ...allRuns(data).map((run) => run.steps.length));
  return Math.min(200, Math.max(1, Math.round(steps / 30)));
}
