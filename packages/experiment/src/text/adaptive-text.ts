/** Adaptive damping written as text: `adaptive`, `adaptive(0.1)`, `adaptive(from, every, least)`. */

import { type Adaptive, adaptive } from "@kronograd/optimizers";
import { UsageError } from "@kronograd/tensor";

/** Whether a text means adaptive damping, rightly written or not. */
export const isAdaptiveText = (text: string): boolean => /^\s*adaptive\b/.test(text);

/**
 * Read adaptive damping.
 *
 * @throws {UsageError} text that is no such call, or a number out of range
 * @example
 * parseAdaptive("adaptive(0.1)").from;   // 0.1
 */
export function parseAdaptive(text: string): Adaptive {
  const [whole, list = ""] = /^\s*adaptive\s*(?:\(([^()]*)\)\s*)?$/.exec(text) ?? [];
  const items = list.trim() === "" ? [] : list.split(",");
  const values = items.map((item) => (item.trim() === "" ? Number.NaN : Number(item)));
  if (whole === undefined || values.length > names.length || values.some(Number.isNaN)) {
    throw new UsageError({
      where: "adaptive damping",
      problem: "cannot be read",
      expected: `adaptive, or adaptive(${names.join(", ")})`,
      got: text,
      help: 'For example "adaptive(0.1)".',
    });
  }
  return adaptive(Object.fromEntries(values.map((value, i) => [names[i], value])));
}

const names = ["from", "every", "least"] as const;
