/** Tables, swatches and spreads: the small parts that sections share. */

import { colourClass, dashOf } from "../chart/palette.ts";
import { type Html, html, type Piece } from "../html.ts";
import type { Spread } from "../measure.ts";
import type { Rival } from "../run-data.ts";

/** A table that scrolls sideways on a narrow page; the first cell of each row names it. */
export function table(
  caption: string,
  head: readonly Piece[],
  rows: readonly (readonly Piece[])[],
  className = "",
): Html {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="${className}"><caption>${caption}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([
      name,
      ...cells
    ]) => html`<tr><th scope="row">${name as Piece}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}

/** A table behind a line that opens it, without script. */
export const hiddenTable = (summary: string, inside: Html): Html =>
  html`<details><summary>${summary}</summary>${inside}</details>`;

/** A short piece of a rival's line. */
export const swatch = ({ index }: Pick<Rival, "index">): Html =>
  html`<svg class="swatch" viewBox="0 0 30 8" aria-hidden="true"><path class="line ${colourClass(index)}" stroke-dasharray="${dashOf(index)}" d="M1 4H29"/></svg>`;

/** A rival's name with its line. */
export const named = (rival: Rival): Html => html`<span class="rival">${swatch(rival)}${rival.label}</span>`;

/** Median and, of several seeds, the range. `without` is said where the number is infinite. */
export function spreadText(
  { median, low, high, seeds }: Spread,
  format: (value: number) => string,
  without: string,
): Piece {
  const show = (value: number) => (Number.isFinite(value) ? format(value) : Number.isNaN(value) ? "–" : without);
  if (seeds < 2) return show(median);
  const range = low === high ? "" : `[${bare(show(low))}–${bare(show(high))}]`;
  return html`${show(median)}${range !== "" && html` <small>${range}</small>`}`;
}

/** A number in a range needs no unit. */
export const bare = (text: string): string => text.replace(/\u202F.*$/, "");

/** At most `limit` of the items, evenly spread, with the first and the last. */
export function thinned<T>(items: readonly T[], limit: number): T[] {
  if (items.length <= limit) return [...items];
  return Array.from({ length: limit }, (_, i) => items[Math.round((i * (items.length - 1)) / (limit - 1))] as T);
}
