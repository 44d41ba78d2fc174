/** The curves of a race as a picture that stands by itself. */

import { extent } from "../../apps/trainer/src/report/chart/extent.ts";
import { lineChart } from "../../apps/trainer/src/report/chart/line-chart.ts";
import { darkColours, lightColours, pageColours } from "../../apps/trainer/src/report/chart/palette.ts";
import { type Curve, type CurvePoint, curveOf, evaluated } from "../../apps/trainer/src/report/curves.ts";
import type { ReportData } from "../../apps/trainer/src/report/run-data.ts";

const clocks = [
  { key: "step", label: "steps" },
  { key: "seconds", label: "seconds of training" },
] as const;

const variables = (colours: readonly string[]) => colours.map((colour, i) => `.c${i}{--c:${colour}}`).join("");
const style = `
.chart text{font:11px system-ui,sans-serif;fill:#59626c}.axis path{stroke:#dfe3e8;fill:none}.line{stroke:var(--c);stroke-width:2;fill:none}
.band{fill:var(--c);opacity:.16}.guide{stroke:#59626c;stroke-dasharray:3 3;fill:none}.dot{display:none}
.chart .end{fill:var(--c);font-weight:600}.page{fill:${pageColours.light}}${variables(lightColours)}
@media (prefers-color-scheme:dark){.page{fill:${pageColours.dark}}.chart text{fill:#a3adb8}.axis path{stroke:#303740}${variables(darkColours)}}`;

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
