/** How numbers are written in the report. */

/** Four significant digits, `1e-4` form below 1e-3 and from 1e6; "–" for what is not there, words for what is not finite. */
export function number(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return "–";
  if (Number.isNaN(value)) return "not finite";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return trim(value.toExponential(digits - 1));
  return trim(value.toPrecision(digits));
}

/** A share as a percentage: 0.97425 → "97.43 %". */
export const percent = (value: number, digits = 2): string =>
  Number.isFinite(value) ? `${(value * 100).toFixed(digits)}\u202F%` : number(value);

/** A level without needless zeros: 0.97 → "97 %", 0.995 → "99.5 %". */
export const level = (value: number): string => `${trim((value * 100).toFixed(3))}\u202F%`;

/** Seconds with three digits: "0.431 s", "4.31 s", "43.1 s", "431 s". */
export const seconds = (value: number): string =>
  Number.isFinite(value) ? `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)}\u202Fs` : number(value);

/** Milliseconds with three digits, without the unit. */
export const ms = (value: number): string =>
  Number.isFinite(value) ? (value >= 100 ? value.toFixed(0) : value.toPrecision(3)) : number(value);

/** Whole numbers in groups of three: 109,386. */
export const count = (value: number): string =>
  Number.isFinite(value) ? String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",") : number(value);

/** Axis numbers: 0, 250, 20k, 1.5M, 0.03. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${trim((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${trim((value / 1e3).toPrecision(3))}k`;
  if (size !== 0 && size < 1e-3) return trim(value.toExponential(1));
  return trim(value.toPrecision(4));
}

/** Bytes: "812 B", "4.1 kB", "2.3 MB". */
export function bytes(value: number): string {
  if (value < 1000) return `${Math.round(value)} B`;
  return value < 1e6 ? `${(value / 1e3).toPrecision(3)} kB` : `${(value / 1e6).toPrecision(3)} MB`;
}

/** Names in a sentence: "a", "a and b", "a, b and c". */
export function listing(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Drop zeros after the point: "0.500" → "0.5", "1.0e-4" → "1e-4". */
function trim(text: string): string {
  return text
    .replace(/(\.\d*?)0+(?=e|$)/, "$1")
    .replace(/\.(?=e|$)/, "")
    .replace("e+", "e");
}
