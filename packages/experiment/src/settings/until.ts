/** A condition that ends a run: `eval.loss<0.05`. */

import { UsageError } from "@kronograd/tensor";
import { type Evaluation, numberOf } from "@kronograd/train";

/** A condition on an evaluation, and its text. */
export interface Until {
  readonly text: string;
  holds(evaluation: Evaluation): boolean;
}

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

/**
 * Read a condition on the validation rows.
 *
 * @throws {UsageError} it cannot be read; in use: there is no such metric
 * @example
 * parseUntil("eval.accuracy>=0.98").holds({ loss: 0.1, metrics: { accuracy: 0.99 } });   // true
 */
export function parseUntil(text: string): Until {
  const [, key, sign, number] = /^\s*eval\.(\w+)\s*(<=|>=|<|>)\s*(\S+)\s*$/.exec(text) ?? [];
  const compare = comparisons[sign ?? ""];
  const bound = Number(number);
  if (compare === undefined || !Number.isFinite(bound)) {
    throw new UsageError({
      where: "--until",
      problem: "condition cannot be read",
      expected: "eval.loss or eval.<metric>, one of < <= > >=, and a number",
      got: text,
      help: 'For example --until "eval.loss<0.05".',
    });
  }
  return { text, holds: (evaluation) => compare(numberOf(evaluation, key as string), bound) };
}
