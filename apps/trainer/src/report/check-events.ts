/** Events as they came from a file: believed only where the fields that a report reads are what they should be. */

import { DataError, literal } from "@kronograd/tensor";
import type { RunEvent } from "@kronograd/train";
import * as v from "valibot";

/** JSON has no NaN: a number that was not finite stands as `null` in the file, and is NaN again here. */
const measured = v.pipe(
  v.nullable(v.union([v.number(), v.nan()])),
  v.transform((value) => value ?? Number.NaN),
);
const clock = { step: v.number(), examples: v.number(), seconds: v.number() };
const layer = v.looseObject({
  name: v.string(),
  shape: v.array(v.number()),
  parameters: v.number(),
  curvature: v.string(),
  form: v.string(),
  flops: v.number(),
  bytes: v.number(),
  precision: v.string(),
});

const shapes: Readonly<Record<string, v.GenericSchema>> = {
  plan: v.looseObject({
    device: v.string(),
    why: v.array(v.string()),
    parameters: v.number(),
    layers: v.array(layer),
  }),
  step: v.looseObject({
    ...clock,
    learningRate: v.number(),
    loss: v.optional(measured),
    reported: v.optional(v.record(v.string(), measured), {}),
  }),
  eval: v.pipe(
    v.looseObject({
      ...clock,
      loss: measured,
      split: v.optional(v.picklist(["validation", "test"]), "test"),
      metrics: v.optional(v.record(v.string(), measured)),
      accuracy: v.optional(measured), // where runs wrote it before they wrote metrics
    }),
    v.transform(({ accuracy, metrics, ...rest }) => ({
      ...rest,
      metrics: metrics ?? (accuracy === undefined ? {} : { accuracy }),
    })),
  ),
  phase: v.looseObject({ step: v.number(), steps: v.number(), ms: v.record(v.string(), v.number()) }),
  skipped: v.looseObject({ step: v.number(), what: v.string() }),
  notice: v.looseObject({ level: v.string(), text: v.string() }),
  end: v.looseObject({ step: v.number(), seconds: v.number(), reason: v.string(), text: v.string() }),
};

const named = v.looseObject({ type: v.string(), rival: v.optional(v.string()) });

/**
 * Check the lines of an events.jsonl; kinds that are not known pass, for a newer version may write more.
 *
 * @throws {DataError} a line lacks a field, or has one of another kind; the message names file, line and field
 */
export function checkEvents(events: readonly unknown[], file: string): RunEvent[] {
  return events.map((event, i) => {
    const where = `${file}, line ${i + 1}`;
    const { type } = parse(named, event, where, "event");
    const shape = Object.hasOwn(shapes, type) ? shapes[type] : undefined;
    return (shape === undefined ? event : parse(shape, event, where, type)) as RunEvent;
  });
}

function parse<S extends v.GenericSchema>(schema: S, value: unknown, where: string, what: string): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = v.getDotPath(issue);
  throw new DataError({
    where,
    problem: `is not an event that a report can read${field === null ? "" : `: "${field}" of ${what}`}`,
    expected: issue.expected ?? issue.message,
    got: issue.input === undefined ? "nothing" : shortened(literal(issue.input)),
    help: "The file was altered; remove the line, or run again.",
    details: { where, field },
    cause: parsed.issues,
  });
}

const shortened = (value: unknown): unknown => (typeof value === "string" ? value.slice(0, 40) : value);
