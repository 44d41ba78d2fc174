/** Kinds of settings: what each accepts, and how its text is read. */

import { UsageError } from "@kronograd/tensor";

/** One kind of value. */
export interface Kind<T> {
  /** What is allowed, in words. */
  readonly expected: string;
  accepts(value: unknown): value is T;
  /**
   * Read a text.
   *
   * @param where  the flag or setting, for the message
   * @throws {UsageError} it cannot be read
   */
  read(where: string, text: string): T;
}

/** The value that a kind accepts. */
export type ValueOf<K> = K extends Kind<infer T> ? T : never;

function kind<T>(expected: string, accepts: (value: unknown) => boolean, parse: (text: string) => unknown): Kind<T> {
  const accepted = accepts as (value: unknown) => value is T;
  return {
    expected,
    accepts: accepted,
    read(where, text) {
      const value = parse(text);
      if (accepted(value)) return value;
      throw new UsageError({
        where,
        problem: "value cannot be read",
        expected,
        got: text,
        details: { where, got: text },
      });
    },
  };
}

const asNumber = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text));
const isWhole = (value: unknown, least: number) => Number.isSafeInteger(value) && (value as number) >= least;

/** Any text but none. */
export const text = kind<string>("a text", (value) => typeof value === "string" && value !== "", String);
/** A whole number from 1 on. */
export const count = kind<number>("a whole number ≥ 1", (value) => isWhole(value, 1), asNumber);
/** A whole number from 0 on. */
export const whole = kind<number>("a whole number ≥ 0", (value) => isWhole(value, 0), asNumber);
/** A number above 0. */
export const positive = kind<number>(
  "a number > 0",
  (value) => Number.isFinite(value) && (value as number) > 0,
  asNumber,
);
/** Yes or no. */
export const flag = kind<boolean>(
  "true or false",
  (value) => typeof value === "boolean",
  (given) => (given === "true" ? true : given === "false" ? false : given),
);
/** One of several words. */
export const choice = <const T extends string>(...choices: readonly T[]): Kind<T> =>
  kind<T>(`one of ${choices.join(", ")}`, (value) => choices.includes(value as T), String);
