/** Tables, swatches and spreads in HTML. */

import { type Spread, spreadWords } from "../numbers/spread.ts";
import { colourClass, dashOf } from "../tokens/palette.ts";
import { type Html, html, type Piece } from "./html.ts";

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

/** Something behind a line that opens it, without script. */
export const hiddenTable = (summary: string, inside: Html): Html =>
  html`<details><summary>${summary}</summary>${inside}</details>`;

/** A short piece of a rival's line. */
export const swatch = ({ index }: { readonly index: number }): Html =>
  html`<svg class="swatch" viewBox="0 0 30 8" aria-hidden="true"><path class="line ${colourClass(index)}" stroke-dasharray="${dashOf(index)}" d="M1 4H29"/></svg>`;

/** A rival's name with its line. */
export const named = (rival: { readonly index: number; readonly label: string }): Html =>
  html`<span class="rival">${swatch(rival)}${rival.label}</span>`;

/** Median and, of several seeds, the range. `without` is said where the number is infinite. */
export function spreadText(spread: Spread, format: (value: number) => string, without: string): Piece {
  const { middle, range } = spreadWords(spread, format, without);
  return range === "" ? middle : html`${middle} <small>${range}</small>`;
}

/** At most `limit` of the items, evenly spread, with the first and the last. */
export function thinned<T>(items: readonly T[], limit: number): T[] {
  if (items.length <= limit) return [...items];
  return Array.from({ length: limit }, (_, i) => items[Math.round((i * (items.length - 1)) / (limit - 1))] as T);
}
