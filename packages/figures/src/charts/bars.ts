/** A stacked bar as SVG. Places are percentages, so that the bar takes any width and its words keep their size. */

import { type Html, html } from "../html/html.ts";

/** One part of a bar. */
export interface Segment {
  readonly name: string;
  /** Its place among the phases, which decides its colour. */
  readonly index: number;
  readonly value: number;
  /** What its tooltip says. */
  readonly text: string;
}

/**
 * Draw one bar.
 *
 * @param full  the value that would take the whole width: the longest bar of the group
 */
export function stackedBar(title: string, segments: readonly Segment[], full: number): Html {
  let from = 0;
  const shown = segments.map((segment) => {
    const width = (100 * segment.value) / full;
    const drawn = { ...segment, from, width };
    from += width;
    return drawn;
  });
  return html`<svg class="bar" role="img" aria-label="${title}">${shown
    .filter(({ width }) => width > 0.05)
    .map(
      ({ name, index, text, from: x, width }) =>
        html`<rect class="p${index}" x="${place(x)}%" y="0" width="${place(width)}%" height="100%"><title>${text}</title></rect>${width >= 9 && html`<text class="on p${index}" x="${place(x + width / 2)}%" y="50%" dy="0.35em" text-anchor="middle">${name}</text>`}`,
    )}</svg>`;
}

const place = (value: number): string => value.toFixed(2);
