/** Text on a terminal: sparklines, bars, times. */

import { widthOf } from "@kronograd/figures";

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with the escape character
const codes = /(\u001b\[[0-9;]*m)/g;

/** A number that keeps its width while it changes: four significant digits, `1.234e-4` below 1e-3; "–" for none. */
export function figure(value: number | undefined, digits = 4): string {
  if (value === undefined) return "–";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(digits - 1).replace("e+", "e");
  return size >= 10 ** (digits - 1) ? value.toFixed(0) : value.toPrecision(digits);
}

const levels = "▁▂▃▄▅▆▇█";

/**
 * Losses as bars, on a logarithmic scale of their own from their least to their largest.
 *
 * @param width  bars; each is the mean of a part of the values
 * @example
 * sparkline([8, 4, 2, 1], 4);   // "█▆▃▁"
 */
export function sparkline(values: readonly number[], width: number): string {
  const logs = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log);
  const count = Math.min(width, logs.length);
  const means = Array.from({ length: count }, (_, i) => {
    const part = logs.slice(Math.floor((i * logs.length) / count), Math.floor(((i + 1) * logs.length) / count));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const low = Math.min(...means);
  const range = Math.max(...means) - low;
  return means.map((mean) => levels[range > 0 ? Math.round(((mean - low) / range) * (levels.length - 1)) : 0]).join("");
}

/** A bar that is filled to a share. */
export function bar(share: number, width: number): string {
  const full = Math.max(0, Math.min(1, share)) * width;
  const whole = Math.floor(full);
  if (whole >= width) return "━".repeat(width);
  return `${"━".repeat(whole)}${full - whole >= 0.5 ? "╸" : "─"}${"─".repeat(width - whole - 1)}`;
}

/** Seconds as a clock: "0:21", "1:02:03". */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/**
 * Seconds that are left, from the share that is done; undefined before 3 % or 5 steps, and where the length is not known.
 */
export function timeLeft(done: number, total: number, elapsed: number): number | undefined {
  if (!Number.isFinite(total) || done === 0 || (done < 5 && done < 0.03 * total)) return undefined;
  return (elapsed * (total - done)) / done;
}

/** Cut a line to the width of the terminal, colour codes not counted. */
export function fit(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  let seen = 0;
  let out = "";
  for (const part of line.split(codes)) {
    if (part.startsWith("\u001b")) out += part;
    else {
      const taken = [...part].slice(0, width - seen);
      seen += taken.length;
      out += taken.join("");
    }
  }
  return out;
}
