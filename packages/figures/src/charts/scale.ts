/**
 * Scales: from a number to a place on an axis, with the ticks that go with it.
 *
 * "error" is for accuracies: the axis is linear in the logarithm of 1 − accuracy, so that 97 and 98 % stand as far apart as
 * their errors deserve; its ticks are labelled as accuracies.
 */

import { level, short } from "../numbers/format.ts";

/** How numbers are laid out on an axis. */
export type ScaleKind = "linear" | "log" | "error";

/** From numbers to places on an axis. */
export interface Scale {
  /** The place of a value; values outside the domain come to its nearest end. */
  at(value: number): number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** Errors below this (and accuracies of 1) are drawn here. */
const smallestError = 2e-4;
/** Ticks closer than this many units are left out. */
const tickDistance = 17;

const forward: Readonly<Record<ScaleKind, (value: number) => number>> = {
  linear: (value) => value,
  log: (value) => Math.log10(value),
  error: (value) => -Math.log10(Math.max(1 - value, smallestError)),
};

/**
 * Make a scale from a domain [low, high] to a range [from, to].
 *
 * @param wanted  values that must be among the ticks
 * A domain of one value (or with values that a logarithm does not take) is widened around it.
 */
export function makeScale(
  kind: ScaleKind,
  domain: readonly [number, number],
  range: readonly [number, number],
  wanted: readonly number[] = [],
): Scale {
  const [low, high] = widen(kind, domain);
  const [from, to] = range;
  const start = forward[kind](low);
  const per = (to - from) / (forward[kind](high) - start);
  const at = (value: number) => from + (forward[kind](Math.min(Math.max(value, low), high)) - start) * per;
  const label = kind === "error" ? level : short;
  const ticks = spread(
    [...wanted.filter((value) => value >= low && value <= high), ...candidates(kind, low, high)].map((value) => ({
      at: at(value),
      label: label(value),
    })),
  );
  return { at, ticks };
}

function widen(kind: ScaleKind, [low, high]: readonly [number, number]): [number, number] {
  if (kind === "log")
    return low > 0 && high > low ? [low, high] : [Math.max(low, 1e-12) / 2, Math.max(high, 1e-12) * 2];
  if (high > low) return [low, high];
  return kind === "error" ? [low - 0.5, high] : [low, low + 1];
}

/** Tick values in groups, the most wanted first. */
function candidates(kind: ScaleKind, low: number, high: number): number[] {
  const inside = (value: number) => value >= low - 1e-12 * Math.abs(low) && value <= high + 1e-12 * Math.abs(high);
  if (kind === "linear") return linearTicks(low, high, 5).filter(inside);
  if (kind === "error")
    return [
      0.9, 0.99, 0.999, 0.5, 0.95, 0.97, 0.98, 0, 0.8, 0.7, 0.995, 0.6, 0.3, 0.4, 0.2, 0.1, 0.85, 0.96, 0.94, 0.92,
    ].filter(inside);
  const decades = Array.from({ length: 40 }, (_, i) => 10 ** (i - 20));
  const wanted = [1, 3, 2, 5, 7, 4, 1.5].flatMap((times) => decades.map((decade) => times * decade)).filter(inside);
  return wanted.length >= 2 ? wanted : linearTicks(low, high, 4).filter(inside);
}

/** Round values (1, 2 or 5 times a power of ten apart), about `wanted` of them. */
function linearTicks(low: number, high: number, wanted: number): number[] {
  const raw = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((times) => times * power >= raw * 0.999) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Keep the ticks, in order of want, that are not too close to one kept before. */
function spread(ticks: readonly { at: number; label: string }[]): { at: number; label: string }[] {
  const kept: { at: number; label: string }[] = [];
  for (const tick of ticks) if (kept.every((other) => Math.abs(other.at - tick.at) >= tickDistance)) kept.push(tick);
  return kept.sort((a, b) => a.at - b.at);
}
