/** Accuracy and losses against steps, examples and seconds: the same numbers on three clocks. */

import { decimate } from "../chart/decimate.ts";
import { extent } from "../chart/extent.ts";
import { type Dot, type Line, lineChart } from "../chart/line-chart.ts";
import type { ScaleKind } from "../chart/scale.ts";
import { type Curve, type CurvePoint, curveOf, evaluated, type Sample, trailingMean, trainingLoss } from "../curves.ts";
import * as format from "../format.ts";
import { type Html, html, type Piece } from "../html.ts";
import { measureOf, targetsOf } from "../measure.ts";
import { allRuns, lastStep, type ReportData, type Run } from "../run-data.ts";
import { bare, hiddenTable, named, table, thinned } from "./table.ts";

/** A quantity and how it is drawn. */
interface Quantity {
  readonly title: string;
  readonly note: string;
  readonly scale: ScaleKind;
  readonly worst: number;
  readonly samples: (run: Run) => readonly Sample[];
  readonly format: (value: number) => string;
  /** Whether each measurement gets a dot. */
  readonly dots: boolean;
  readonly guide: number | null;
}

const axes = [
  { key: "step", label: "steps" },
  { key: "examples", label: "examples" },
  { key: "seconds", label: "seconds of training" },
] as const;

/** Most points of a line: more would not be seen at this size. */
const pointsOfALine = 110;
const dotsOfALine = 20;
const rowsOfATable = 30;

/** All charts of the race, under one legend. */
export function charts(data: ReportData): Html {
  const measure = measureOf(data);
  const target = targetsOf(data, measure).telling;
  const window = Math.min(
    200,
    Math.max(1, Math.round(Math.max(...allRuns(data).map(({ steps }) => steps.length)) / 30)),
  );
  const loss = {
    scale: "log",
    worst: Number.POSITIVE_INFINITY,
    format: (value: number) => format.number(value),
  } as const;
  const quantities: Quantity[] = [
    {
      title: "Test accuracy",
      note: "The scale widens towards 100\u202F%: equal distances are equal factors of the error.",
      scale: "error",
      worst: Number.NEGATIVE_INFINITY,
      samples: (run) => evaluated(run, "accuracy"),
      format: format.percent,
      dots: true,
      guide: measure.key === "accuracy" ? target : null,
    },
    {
      ...loss,
      title: "Test loss",
      note: "Logarithmic scale.",
      samples: (run) => evaluated(run, "loss"),
      dots: true,
      guide: measure.key === "loss" ? target : null,
    },
    {
      ...loss,
      title: "Training loss",
      note: `Logarithmic scale. Loss of the batches, each point the mean of the last ${window} steps.`,
      samples: (run) =>
        trailingMean(
          trainingLoss(run).filter(({ value }) => Number.isFinite(value)),
          window,
        ),
      dots: false,
      guide: null,
    },
  ];
  return html`<section><h2>Three clocks</h2>
<p class="note">The same measurements against steps, against examples seen, and against seconds of training.${bandNote(data)}</p>
<ul class="legend">${data.rivals.map((rival) => html`<li>${named(rival)}</li>`)}</ul>
${quantities.map((quantity) => row(data, quantity))}</section>`;
}

function bandNote(data: ReportData): string {
  const seeds = Math.max(...data.rivals.map(({ runs }) => runs.length));
  return seeds > 1
    ? ` Lines are medians over ${seeds} seeds, bands go from the lowest to the highest seed; a seed that diverged is drawn as a thin line to its ×.`
    : " × marks where a run diverged.";
}

function row(data: ReportData, quantity: Quantity): Html | null {
  const curves = data.rivals.map((rival) => curveOf(rival, quantity.samples, quantity.worst));
  if (curves.every(({ points, strays }) => points.length + strays.length === 0)) return null;
  const y = domain(curves, quantity);
  const scale = quantity.scale === "log" && y[0] <= 0 ? "linear" : quantity.scale;
  const drawn = axes.map(({ key, label }) => {
    const furthest = Math.max(
      ...curves.flatMap(({ points, strays }) => [
        points.at(-1)?.[key] ?? 0,
        ...strays.map(({ samples }) => samples.at(-1)?.[key] ?? 0),
      ]),
    );
    const lines = curves.map((curve) => lineOf(curve, key, quantity));
    const guide =
      quantity.guide === null
        ? null
        : {
            y: quantity.guide,
            label: quantity.format === format.percent ? format.level(quantity.guide) : format.number(quantity.guide),
          };
    return lineChart({
      title: `${quantity.title} against ${label}`,
      xLabel: label,
      x: [0, furthest],
      y,
      kind: scale,
      lines,
      guide,
    });
  });
  const numbers = hiddenTable(`${quantity.title} in numbers`, numbersOf(curves, quantity, data));
  return html`<figure><figcaption><h3>${quantity.title}</h3><p class="note">${scale === quantity.scale ? quantity.note : ""}</p></figcaption>
<div class="three">${drawn}</div>${numbers}</figure>`;
}

/** From the lowest to the highest value that is drawn; a loss that ran away is cut at some multiple of the starts. */
function domain(curves: readonly Curve[], { scale }: Quantity): [number, number] {
  const [, start] = extent(
    curves.flatMap(({ points, strays }) => [points[0]?.high ?? 0, strays[0]?.samples[0]?.value ?? 0]),
  );
  const roof = scale === "error" ? Number.POSITIVE_INFINITY : 4 * start;
  const values = curves.flatMap(({ points, strays }) => [
    ...points.flatMap(({ low, high }) => [low, high]),
    ...strays.flatMap(({ samples }) => samples.map(({ value }) => value)),
  ]);
  return extent(values.map((value) => Math.min(value, roof)));
}

function lineOf(
  { rival, points, strays }: Curve,
  key: (typeof axes)[number]["key"],
  { format: show, dots }: Quantity,
): Line {
  const kept = decimate(points, pointsOfALine);
  const band = rival.runs.length > 1;
  const dot = (point: CurvePoint): Dot => ({
    x: point[key],
    y: point.value,
    step: point.step,
    text: `${rival.label}, step ${format.count(point.step)}, ${format.seconds(point.seconds)}: ${show(point.value)}${rangeOf(point, show)}`,
  });
  return {
    label: rival.label,
    index: rival.index,
    places: kept.map((point) => ({ x: point[key], y: point.value })),
    ...(band
      ? {
          low: kept.map((point) => ({ x: point[key], y: point.low })),
          high: kept.map((point) => ({ x: point[key], y: point.high })),
        }
      : {}),
    dots: dots ? thinned(points, dotsOfALine).map(dot) : [],
    strays: strays.map(({ run, samples }) => ({
      places: decimate(samples, pointsOfALine).map((sample) => ({ x: sample[key], y: sample.value })),
      text: `${rival.label}${run.seed === null ? "" : `, seed ${run.seed},`} diverged at step ${format.count(lastStep(run))}`,
    })),
  };
}

const rangeOf = ({ low, high }: CurvePoint, show: (value: number) => string): string =>
  low === high ? "" : ` [${bare(show(low))}–${bare(show(high))}]`;

function numbersOf(curves: readonly Curve[], { title, format: show }: Quantity, data: ReportData): Html {
  const evaluations = new Set(allRuns(data).flatMap((run) => run.evals.map(({ step }) => step)));
  const known = [...new Set(curves.flatMap(({ points }) => points.map(({ step }) => step)))].sort((a, b) => a - b);
  const looked = known.filter((step) => evaluations.has(step));
  const steps = thinned(looked.length > 0 ? looked : known, rowsOfATable);
  const head: Piece[] = [
    "step",
    "examples",
    ...curves.flatMap(({ rival }) => [named(rival), html`<small>seconds</small>`]),
  ];
  const rows = steps.map((step): Piece[] => {
    const here = curves.map(({ points }) => points.find((point) => point.step === step));
    const examples = here.find((point) => point !== undefined)?.examples ?? 0;
    return [
      format.count(step),
      format.count(examples),
      ...here.flatMap((point) =>
        point === undefined
          ? ["–", "–"]
          : [html`${show(point.value)} <small>${rangeOf(point, show)}</small>`, format.seconds(point.seconds)],
      ),
    ];
  });
  return table(
    `${title}: median${curves.some(({ rival }) => rival.runs.length > 1) ? " [lowest–highest]" : ""} and seconds of training`,
    head,
    rows,
  );
}
