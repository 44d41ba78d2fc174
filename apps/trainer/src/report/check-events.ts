/** Events as they came from a file: believed only where the fields that a report reads are what they should be. */

import { DataError } from "@kronograd/tensor";
import type { RunEvent } from "@kronograd/train";

/** The numbers that each kind of event must have. */
const numbers: Readonly<Record<string, readonly string[]>> = {
  plan: ["parameters"],
  step: ["step", "examples", "seconds", "learningRate"],
  eval: ["step", "examples", "seconds"],
  phase: ["step", "steps"],
  skipped: ["step", "total"],
  end: ["step", "seconds"],
};
/** The objects, lists and texts that each must have. */
const others: Readonly<Record<string, Readonly<Record<string, "object" | "list" | "text">>>> = {
  plan: { layers: "list" },
  phase: { ms: "object" },
  notice: { text: "text" },
  end: { reason: "text" },
};

/**
 * Check the lines of an events.jsonl; kinds that are not known pass, for a newer version may write more.
 *
 * JSON has no NaN: a loss that was not finite stands as `null` in the file and comes back as NaN.
 *
 * @throws {DataError} a line lacks a field, or has one of another kind; the message names file, line and field
 */
export function checkEvents(events: readonly unknown[], file: string): RunEvent[] {
  return events.map((event, i) => {
    const where = `${file}, line ${i + 1}`;
    if (typeof event !== "object" || event === null) throw damaged(where, "an event", event);
    const fields = event as Record<string, unknown>;
    if (typeof fields.type !== "string") throw damaged(where, 'an event with a "type"', fields.type);
    for (const key of numbers[fields.type] ?? []) {
      if (typeof fields[key] !== "number") throw damaged(where, `a number in "${key}" of ${fields.type}`, fields[key]);
    }
    for (const [key, kind] of Object.entries(others[fields.type] ?? {})) {
      if (!is[kind](fields[key]))
        throw damaged(where, `${kind === "object" ? "an" : "a"} ${kind} in "${key}" of ${fields.type}`, fields[key]);
    }
    return withNumbers(fields, where);
  });
}

const is = {
  object: (value: unknown) => typeof value === "object" && value !== null,
  list: (value: unknown) => Array.isArray(value),
  text: (value: unknown) => typeof value === "string",
};

function withNumbers(fields: Record<string, unknown>, where: string): RunEvent {
  if (fields.type !== "step" && fields.type !== "eval") return fields as RunEvent;
  for (const key of ["loss", "accuracy", "gradNorm"]) {
    const value = fields[key];
    if (value !== undefined && value !== null && typeof value !== "number")
      throw damaged(where, `a number in "${key}"`, value);
  }
  const loss = fields.loss ?? (fields.type === "eval" || fields.loss === null ? Number.NaN : undefined);
  const reported = fields.type === "step" ? { reported: fields.reported ?? {} } : {};
  return { ...fields, ...(loss === undefined ? {} : { loss }), ...reported } as RunEvent;
}

function damaged(where: string, expected: string, got: unknown): DataError {
  return new DataError({
    where,
    problem: "is not an event that a report can read",
    expected,
    got: JSON.stringify(got)?.slice(0, 40),
    help: "The file was altered; remove the line or run again.",
    details: { where },
  });
}
