/** Accuracy and losses against steps, examples and seconds: the same numbers on three clocks. */

import {
  bare,
  type Dot,
  decimate,
  extent,
  type Html,
  hiddenTable,
  html,
  type Line,
  lineChart,
  named,
  type Piece,
  table,
  thinned,
} from "@kronograd/figures";
import * as format from "@kronograd/figures/format";
import { type Curve, type CurvePoint, curveOf } from "../curves.ts";
import { allRuns, lastStep, type ReportData } from "../run-data.ts";
import { type Quantity, quantitiesOf } from "./quantities.ts";

const axes = [
  { key: "step", label: "steps" },
  { key: "examples", label: "examples" },
  { key: "seconds", label: "seconds of training" },
] as const;

/** Most points of a line: more would not be seen at this size. */
const pointsOfALine = 110;
const dotsOfALine = 20;
const rowsOfATable = 30;

/** What decides the race, on three clocks. */
export function mainChart(data: ReportData): Html {
  const [main] = quantitiesOf(data);
  return html`<section>${legend(data)}${main ? row(data, main) : null}
<p class="note">The same measurements on three clocks: steps, examples seen, seconds of training.${bandNote(data)}</p></section>`;
}

/** The other losses, on the same clocks. */
export function lossCharts(data: ReportData): Html {
  return html`<section><h2>Losses</h2>${legend(data)}${quantitiesOf(data)
    .slice(1)
    .map((quantity) => row(data, quantity))}</section>`;
}

const legend = ({ rivals }: ReportData): Html =>
  html`<ul class="legend">${rivals.map((rival) => html`<li>${named(rival)}</li>`)}</ul>`;

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
    return lineChart({
      title: `${quantity.title} against ${label}`,
      xLabel: label,
      x: [0, furthest],
      y,
      kind: scale,
      lines,
      guide: quantity.guide,
    });
  });
  const numbers = hiddenTable(`${quantity.title} in numbers`, numbersOf(curves, quantity, data));
  return html`<figure><figcaption><h3>${quantity.title}</h3><p class="note">${scale === quantity.scale ? quantity.note : ""}${quantity.dotted}</p></figcaption>
<div class="three">${drawn}</div>${numbers}</figure>`;
}

/** From the lowest to the highest value that is drawn; a loss that ran away is cut at some multiple of the starts. */
function domain(curves: readonly Curve[], { scale }: Quantity): [number, number] {
  const [, start] = extent(
    curves.flatMap(({ points, strays }) => [points[0]?.high ?? 0, strays[0]?.samples[0]?.value ?? 0]),
  );
  const roof = scale === "error" || start <= 0 ? Number.POSITIVE_INFINITY : 4 * start;
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
