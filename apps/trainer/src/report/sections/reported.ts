/** What the optimizers reported at each step: damping, clip coefficients, and the learning rate. */

import {
  type BandPoint,
  decimate,
  envelope,
  extent,
  type Html,
  hiddenTable,
  html,
  lineChart,
  named,
  table,
  thinned,
} from "@kronograd/figures";
import { count, number } from "@kronograd/figures/format";
import { curveOf, reportedSamples } from "../curves.ts";
import { allRuns, type ReportData } from "../run-data.ts";

const titles: Readonly<Record<string, { title: string; note: string }>> = {
  damping: { title: "Damping", note: "Added to the curvature." },
  klClip: { title: "KL clip coefficient", note: "The update was multiplied by it; 1 means not clipped." },
  normClip: { title: "Norm clip coefficient", note: "The update was multiplied by it; 1 means not clipped." },
  learningRate: { title: "Learning rate", note: "" },
};

/** Most points of a line; one that turns more often than `jumpy` is told as that many medians and ranges. */
const points = { smooth: 120, jumpy: 60 } as const;

/** One chart for each number that some rival reported. */
export function reportedSection(data: ReportData): Html | null {
  const names = new Set(allRuns(data).flatMap(({ steps }) => steps.flatMap(({ reported }) => Object.keys(reported))));
  const shown = [...[...names].sort(), "learningRate"].map((name) => chartOf(data, name));
  if (shown.every((chart) => chart === null)) return null;
  return html`<section><h2>Damping, clipping and learning rate</h2><div class="three">${shown}</div></section>`;
}

function chartOf(data: ReportData, name: string): Html | null {
  const curves = data.rivals
    .map((rival) => curveOf(rival, (run) => reportedSamples(run, name), Number.POSITIVE_INFINITY))
    .filter((curve) => curve.points.length > 0);
  if (curves.length === 0) return null;
  const known = Object.hasOwn(titles, name) ? titles[name] : undefined;
  const title = known?.title ?? name;
  const [low, high] = extent(curves.flatMap((curve) => curve.points.flatMap((point) => [point.low, point.high])));
  const [lowest] = extent(
    curves.flatMap((curve) => curve.points.flatMap((point) => (point.low > 0 ? [point.low] : []))),
  );
  const logarithmic = low >= 0 && high > 20 * lowest;
  // A logarithm has no place for 0: a rate that falls to 0 leaves the chart at its last step.
  const drawable = curves.map(({ rival, points: all }) => ({
    rival,
    points: logarithmic ? all.filter((point) => point.low > 0) : all,
  }));
  const jumpy = drawable.some((curve) => turns(curve.points) > points.jumpy);
  const drawn = lineChart({
    title: `${title} against steps`,
    xLabel: "steps",
    x: [0, Math.max(...curves.map((curve) => curve.points.at(-1)?.step ?? 0))],
    y: logarithmic ? [lowest, high] : [Math.min(0, low), high * 1.05],
    kind: logarithmic ? "log" : "linear",
    lines: drawable.map(({ rival, points: all }) => {
      const kept: readonly BandPoint[] = jumpy ? envelope(all, points.jumpy) : decimate(all, points.smooth);
      const place = (key: "value" | "low" | "high") => kept.map((point) => ({ x: point.step, y: point[key] }));
      const isFlat = kept.every((point) => point.low === point.high);
      return {
        label: rival.label,
        index: rival.index,
        places: place("value"),
        ...(isFlat ? {} : { low: place("low"), high: place("high") }),
      };
    }),
  });
  const note = [
    known?.note ?? "",
    logarithmic ? "Logarithmic scale." : "",
    jumpy ? "Lines are medians of stretches of steps, bands the range." : "",
  ];
  return html`<figure><figcaption><h3>${title}</h3><p class="note">${note.filter((text) => text !== "").join(" ")}</p></figcaption>${drawn}
${hiddenTable(`${title} in numbers`, numbersOf(title, curves))}</figure>`;
}

/** How often a line turns from rising to falling or back. */
function turns(line: readonly BandPoint[]): number {
  const signs = line.slice(1).map(({ value }, i) => Math.sign(value - (line[i] as BandPoint).value));
  const moves = signs.filter((sign) => sign !== 0);
  return moves.filter((sign, i) => i > 0 && sign !== moves[i - 1]).length;
}

function numbersOf(title: string, curves: readonly ReturnType<typeof curveOf>[]): Html {
  const known = new Set(curves.flatMap((curve) => curve.points.map(({ step }) => step)));
  const rows = thinned(
    [...known].sort((a, b) => a - b),
    20,
  ).map((step) => [
    count(step),
    ...curves.map((curve) => number(curve.points.find((point) => point.step === step)?.value)),
  ]);
  return table(`${title}: median over the seeds`, ["step", ...curves.map(({ rival }) => named(rival))], rows);
}
