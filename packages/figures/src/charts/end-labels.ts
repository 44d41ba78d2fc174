/** Names at the ends of lines, pushed apart where they would overlap. */

/** A label: where its line ends, in units of the drawing. */
export interface EndLabel {
  readonly text: string;
  readonly index: number;
  readonly x: number;
  y: number;
}

/** Height of a label, and the width within which two would touch. */
const height = 12;
const width = 54;
/** Longer names are cut; the legend has them whole. */
const longest = 10;

/** Move labels up and down, as little as needed, within [top, bottom]; the order of their lines stays. */
export function spreadLabels(labels: readonly EndLabel[], top: number, bottom: number): EndLabel[] {
  const placed = labels.map((label) => ({ ...label, text: shortened(label.text) })).sort((a, b) => a.y - b.y);
  const rounds = 40; // a handful settle in a few; more would only look a little better
  for (let i = 0; i < rounds; i++) {
    placed.forEach((lower, j) => {
      for (const upper of placed.slice(0, j)) {
        const overlap = height - (lower.y - upper.y);
        if (overlap <= 0 || Math.abs(lower.x - upper.x) >= width) continue;
        upper.y -= overlap / 2;
        lower.y += overlap / 2;
      }
    });
    for (const label of placed) label.y = Math.min(Math.max(label.y, top), bottom);
  }
  return placed;
}

const shortened = (text: string): string => (text.length <= longest ? text : `${text.slice(0, longest - 1)}…`);
