import { median } from "../numbers/statistics.ts";
import { extent } from "./extent.ts";

/**
 * Fewer points that look the same: of each stretch of the line its lowest and its highest point stay, so that no spike is lost.
 *
 * @param limit  most points that come back (at least 4)
 */
export function decimate<P extends { readonly value: number }>(points: readonly P[], limit = 400): readonly P[] {
  if (points.length <= limit) return points;
  const inner = points.slice(1, -1);
  const stretches = Math.floor((limit - 2) / 2);
  const kept: P[] = [points[0] as P];
  for (let k = 0; k < stretches; k++) {
    const from = Math.floor((k * inner.length) / stretches);
    const to = Math.floor(((k + 1) * inner.length) / stretches);
    let lowest = from;
    let highest = from;
    for (let i = from; i < to; i++) {
      const { value } = inner[i] as P;
      if (value < (inner[lowest] as P).value) lowest = i;
      if (value > (inner[highest] as P).value) highest = i;
    }
    for (const i of new Set([Math.min(lowest, highest), Math.max(lowest, highest)])) kept.push(inner[i] as P);
  }
  kept.push(points.at(-1) as P);
  return kept;
}

/** A point of a line with a band. */
export interface BandPoint {
  readonly step: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * A jumpy line as a calm one in a band: of each stretch of steps the median, and the range of everything in it.
 *
 * @param limit  most points that come back; fewer points than that come back as they are
 */
export function envelope(points: readonly BandPoint[], limit = 60): readonly BandPoint[] {
  if (points.length <= limit) return points;
  return Array.from({ length: limit }, (_, k) => {
    const stretch = points.slice(
      Math.floor((k * points.length) / limit),
      Math.floor(((k + 1) * points.length) / limit),
    );
    return {
      step: (stretch.at(-1) as BandPoint).step,
      value: median(stretch.map(({ value }) => value)),
      low: extent(stretch.map(({ low }) => low))[0],
      high: extent(stretch.map(({ high }) => high))[1],
    };
  });
}
