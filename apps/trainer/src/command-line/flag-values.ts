/** How the text after a flag becomes a value. */

import { UsageError } from "@kronograd/tensor";

/** Reads a flag's text. @throws {UsageError} it cannot be read */
export type Reader<T> = (flag: string, text: string) => T;

function numeric(expected: string, accepts: (value: number) => boolean): Reader<number> {
  return (flag, text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (accepts(value)) return value;
    throw unreadable(flag, expected, text);
  };
}

/** Readers, for the table of flags. */
export const read = {
  text: ((flag, text) => {
    if (text !== "") return text;
    throw unreadable(flag, "a value", '""');
  }) as Reader<string>,
  count: numeric("a whole number ≥ 1", (value) => Number.isSafeInteger(value) && value >= 1),
  whole: numeric("a whole number ≥ 0", (value) => Number.isSafeInteger(value) && value >= 0),
  positive: numeric("a number > 0", (value) => Number.isFinite(value) && value > 0),
  /** An option of an optimizer, which reads the text itself. */
  option: ((_, text) => text) as Reader<string>,
  choice:
    <T extends string>(...choices: readonly T[]): Reader<T> =>
    (flag, text) => {
      const found = choices.find((choice) => choice === text);
      if (found !== undefined) return found;
      throw unreadable(flag, `one of ${choices.join(", ")}`, text);
    },
} as const;

function unreadable(flag: string, expected: string, got: string): UsageError {
  return new UsageError({ where: flag, problem: "value cannot be read", expected, got, details: { flag, got } });
}
