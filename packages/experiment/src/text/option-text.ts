/** Options written as text, for the command line and for run.json. */

import { adaptive, type Option, type OptionTable, unknownName } from "@kronograd/optimizers";
import { UsageError } from "@kronograd/tensor";
import { isAdaptiveText, parseAdaptive } from "./adaptive-text.ts";
import { parseSchedule, type RunLength } from "./schedule-text.ts";

/**
 * Turn the options that came as text into values; others pass. Ranges are checked by the optimizer itself.
 *
 * @param where  the optimizer or method, for messages
 * @param run    what a schedule may leave out
 * @throws {UsageError} an unknown name, or text that cannot be read
 */
export function parseOptions(
  where: string,
  given: Readonly<Record<string, unknown>>,
  table: OptionTable,
  run: RunLength = {},
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (!Object.hasOwn(table, name)) throw unknownName(where, "option", name, Object.keys(table));
      const entry = table[name] as Option<unknown>;
      return [name, typeof value === "string" ? parseOption(where, name, value, entry, run) : value];
    }),
  );
}

/** Read one option's text; `null`, `off` and `none` switch off what can be off. */
function parseOption(where: string, name: string, text: string, entry: Option<unknown>, run: RunLength): unknown {
  const unreadable = () =>
    new UsageError({
      where,
      problem: `${name} cannot be read`,
      expected: entry.expected,
      got: text,
      details: { option: name, text },
    });
  if (entry.accepts(text)) return text; // a choice
  if (entry.accepts(null) && ["null", "off", "none"].includes(text)) return null;
  switch (entry.kind) {
    case "number":
    case "integer":
      if (text.trim() === "" || Number.isNaN(Number(text))) throw unreadable();
      return Number(text);
    case "flag":
      if (text !== "true" && text !== "false") throw unreadable();
      return text === "true";
    case "schedule":
      return entry.accepts(adaptive()) && isAdaptiveText(text) ? parseAdaptive(text) : parseSchedule(text, run);
    case "choice":
      return text;
    case "groups":
      try {
        return JSON.parse(text);
      } catch {
        throw unreadable();
      }
  }
}
