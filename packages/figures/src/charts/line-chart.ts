/** A line chart as SVG: bands, dashed lines, dots that name their values, labels at the ends of the lines. */

import { type Html, html } from "../html/html.ts";
import { colourClass, dashOf } from "../tokens/palette.ts";
import { spreadLabels } from "./end-labels.ts";
import { makeScale, type Scale, type ScaleKind } from "./scale.ts";

/** A point of a line, in the numbers of the axes. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** A dot on a line: what its tooltip says, and the step that links it with other charts. */
export interface Dot extends Place {
  readonly step: number;
  readonly text: string;
}

/** One line of a chart. */
export interface Line {
  readonly label: string;
  /** Decides colour and dashes. */
  readonly index: number;
  readonly places: readonly Place[];
  /** The band's edges, where the line has one. */
  readonly low?: readonly Place[];
  readonly high?: readonly Place[];
  readonly dots?: readonly Dot[];
  /** Lines of runs that diverged, each ending in a ×. */
  readonly strays?: readonly { readonly places: readonly Place[]; readonly text: string }[];
}

/** Everything that a line chart shows. */
export interface LineChartOptions {
  /** What is drawn, in words, for readers who do not see it. */
  readonly title: string;
  readonly xLabel: string;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly kind: ScaleKind;
  readonly lines: readonly Line[];
  /** A level worth a line of its own: the target of the race. */
  readonly guide?: number | null;
}

/** The drawing's size in its own units, about pixels on a screen. */
const size = { width: 400, height: 275, left: 44, right: 56, top: 10, bottom: 34 } as const;
const plotRight = size.width - size.right;
const plotBottom = size.height - size.bottom;

/** Draw the chart. */
export function lineChart({ title, xLabel, x, y, kind, lines, guide = null }: LineChartOptions): Html {
  const xs = makeScale("linear", x, [size.left, plotRight]);
  const ys = makeScale(kind, y, [plotBottom, size.top], guide === null ? [] : [guide]);
  const at = ({ x: px, y: py }: Place) => `${round(xs.at(px))} ${round(ys.at(py))}`;
  const path = (places: readonly Place[]) => (places.length === 0 ? "" : `M${places.map(at).join("L")}`);
  return html`<svg class="chart" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${title}">
${axes(xs, ys, xLabel)}
${lines.map(({ index, low, high }) => low && high && low.length > 0 && html`<path class="band ${colourClass(index)}" d="${path([...high, ...low.toReversed()])}Z"/>`).map((piece) => piece || null)}
${guide !== null && html`<path class="guide" d="M${size.left} ${round(ys.at(guide))}H${plotRight}"/>`}
${lines.map(({ index, places, strays = [] }) => [
  strays.map((stray) => html`<path class="stray ${colourClass(index)}" d="${path(stray.places)}"/>`),
  html`<path class="line ${colourClass(index)}" stroke-dasharray="${dashOf(index)}" d="${path(places)}"/>`,
])}
${lines.map(({ index, dots = [] }) => dots.map((dot) => html`<circle class="dot ${colourClass(index)}" data-step="${dot.step}" cx="${round(xs.at(dot.x))}" cy="${round(ys.at(dot.y))}" r="2.2">${dot.text !== "" && html`<title>${dot.text}</title>`}</circle>`))}
${lines.map(({ index, strays = [] }) => strays.map(({ places, text }) => cross(xs.at((places.at(-1) as Place).x), ys.at((places.at(-1) as Place).y), index, text)))}
${endLabels(lines, xs, ys)}
</svg>`;
}

function axes(xs: Scale, ys: Scale, xLabel: string): Html {
  return html`<g class="axis">${ys.ticks.map(({ at, label }) => html`<path d="M${size.left} ${round(at)}H${plotRight}"/><text x="${size.left - 6}" y="${round(at + 3.5)}" text-anchor="end">${label}</text>`)}
<path class="base" d="M${size.left} ${plotBottom}H${plotRight}"/>${xs.ticks.map(({ at, label }) => html`<text x="${round(at)}" y="${plotBottom + 15}" text-anchor="middle">${label}</text>`)}
<text class="name" x="${(size.left + plotRight) / 2}" y="${size.height - 4}" text-anchor="middle">${xLabel}</text></g>`;
}

/** The mark of a diverged run. */
function cross(x: number, y: number, index: number, text: string): Html {
  const d = `M${round(x - 4)} ${round(y - 4)}l8 8m0 -8l-8 8`;
  return html`<path class="diverged ${colourClass(index)}" d="${d}"><title>${text}</title></path>`;
}

function endLabels(lines: readonly Line[], xs: Scale, ys: Scale): Html[] {
  const ends = lines.flatMap(({ label, index, places, strays = [] }) => {
    const end = places.at(-1) ?? strays[0]?.places.at(-1);
    return end === undefined ? [] : [{ text: label, index, x: xs.at(end.x) + 6, y: ys.at(end.y) }];
  });
  return spreadLabels(ends, size.top, plotBottom - 2).map(
    ({ text, index, x, y }) =>
      html`<text class="end ${colourClass(index)}" x="${round(x)}" y="${round(y + 4)}">${text}</text>`,
  );
}

/** A tenth of a unit is finer than a screen shows. */
const round = (value: number): number => Math.round(value * 10) / 10;
