/** The curves of a race as a picture that stands by itself. */

import { chartStyle, chartTokens, extent, lineChart, tokenSheet } from "@kronograd/figures";
import { type Curve, type CurvePoint, curveOf, evaluated, type ReportData } from "@kronograd/trainer/report";

const clocks = [
  { key: "step", label: "steps" },
  { key: "seconds", label: "seconds of training" },
] as const;

const style = `\n${tokenSheet(chartTokens)}\n${chartStyle}\n.dot{display:none}.page{fill:var(--page)}`;

/** Test accuracy above 80 %, against steps and against seconds: medians, and bands over the seeds. */
export function curvesChart(data: ReportData, target: number): string {
  const curves = data.rivals.map((rival) => {
    const curve = curveOf(rival, (run) => evaluated(run, "accuracy"), Number.NEGATIVE_INFINITY);
    return { ...curve, points: curve.points.filter(({ value }) => value >= floor) };
  });
  const charts = clocks.map(({ key, label }, i) => {
    const drawn = chartOf(curves, key, label, target);
    return drawn.replace("<svg ", `<svg x="${i * width}" width="${width}" height="${height}" `);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * width} ${height}"><style>${style}</style>
<rect class="page" width="${2 * width}" height="${height}"/>
${charts.join("\n")}
</svg>
`;
}

const floor = 0.8;
const [width, height] = [400, 275];

function chartOf(curves: readonly Curve[], key: "step" | "seconds", label: string, target: number): string {
  const points = curves.flatMap((curve) => curve.points);
  const places = (curve: Curve, of: (point: CurvePoint) => number) =>
    curve.points.map((point) => ({ x: point[key], y: Math.max(floor, of(point)) }));
  return lineChart({
    title: `test accuracy against ${label}`,
    xLabel: label,
    x: [0, Math.max(...points.map((point) => point[key]))],
    y: extent([floor, ...points.map(({ high }) => high)]),
    kind: "linear",
    lines: curves.map((curve) => ({
      label: curve.rival.label === "tuned" ? "SKFAC tuned" : curve.rival.label,
      index: curve.rival.index,
      places: places(curve, ({ value }) => value),
      low: places(curve, ({ low }) => low),
      high: places(curve, ({ high }) => high),
    })),
    guide: target,
  }).text;
}
