/**
 * Names with options as text: `spiral(turns=1.5,noise=0.02)`. The grammar of links, of the command line and of run.json.
 *
 *     call  = name [ "(" [ option { "," option } ] ")" ]
 *     option = key "=" value
 *
 * A value ends at the next comma that stands in no brackets and in no quotes, so that schedules and lists need no quoting:
 * `kfac(damping=linear(1,0.01))`. `null`, `true`, `false`, numbers, lists and quoted texts are what they are in JSON; all else
 * is text.
 */

import { UsageError } from "@kronograd/tensor";

/** A value of an option as it stands in text, and in a run.json. */
export type OptionValue =
  | string
  | number
  | boolean
  | null
  | readonly OptionValue[]
  | { readonly [key: string]: OptionValue };

/** Options by name. */
export type OptionValues = Readonly<Record<string, OptionValue>>;

/** A name with options. */
export interface Call {
  readonly name: string;
  readonly options: OptionValues;
}

/**
 * Read a name with options.
 *
 * @param where  the setting that it belongs to, for messages
 * @throws {UsageError} brackets that do not close, an option without a value, or one that is given twice
 * @example
 * parseCall("--data", "spiral(turns=1.5)");   // { name: "spiral", options: { turns: 1.5 } }
 */
export function parseCall(where: string, text: string): Call {
  const trimmed = text.trim();
  const from = openingOf(trimmed);
  if (from < 0) return { name: trimmed, options: {} };
  const inside = trimmed.slice(from + 1, -1);
  const items = inside.trim() === "" ? [] : splitOutside(inside, ",");
  const options = new Map<string, OptionValue>();
  for (const item of items) {
    const at = item.indexOf("=");
    const name = item.slice(0, Math.max(0, at)).trim();
    if (!/^[\w-]+$/.test(name) || options.has(name)) {
      throw new UsageError({
        where,
        problem: at < 1 || !options.has(name) ? `"${text}" cannot be read` : `"${text}" has the option "${name}" twice`,
        expected: "a name, or a name with options, as in spiral(turns=1.5,noise=0.02)",
        got: item.trim() === "" ? "an empty option" : item.trim(),
        details: { text },
      });
    }
    options.set(name, parseValue(item.slice(at + 1)));
  }
  return { name: trimmed.slice(0, from).trim(), options: Object.fromEntries(options) };
}

/** Write a name with options, as `parseCall` reads it. */
export function printCall({ name, options }: Call): string {
  const list = Object.entries(options).map(([key, value]) => `${key}=${printValue(value)}`);
  return list.length === 0 ? name : `${name}(${list.join(",")})`;
}

/** Read one value. */
export function parseValue(text: string): OptionValue {
  const trimmed = text.trim();
  if (!/^(?:null|true|false|-?\d.*|[["{].*)$/s.test(trimmed)) return trimmed;
  try {
    return JSON.parse(trimmed) as OptionValue;
  } catch {
    return trimmed; // "3x", "[unclosed": a text that only begins like a value
  }
}

/** Write one value; a text that would be read as something else is quoted. */
export function printValue(value: OptionValue): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const isPlain = value === value.trim() && value !== "" && isWhole(value) && parseValue(value) === value;
  return isPlain ? value : JSON.stringify(value);
}

/** Whether a text can stand between commas and semicolons: its brackets pair, and it has no separator outside of them. */
const isWhole = (text: string): boolean =>
  !/["\\]/.test(text) && [",", ";"].every((mark) => splitOutside(text, mark).length === 1) && depthAfter(text) === 0;

/** Split a text at a mark that stands in no brackets and in no quotes. */
export function splitOutside(text: string, mark: string): string[] {
  const parts: string[] = [];
  let from = 0;
  scan(text, (character, at, depth) => {
    if (character !== mark || depth > 0) return;
    parts.push(text.slice(from, at));
    from = at + 1;
  });
  return [...parts, text.slice(from)];
}

/** Brackets that are still open at the end; −1 where one closes that was never opened, or another than the last. */
function depthAfter(text: string): number {
  let end = 0;
  scan(text, (_, __, ___, after) => {
    end = end < 0 ? end : after;
  });
  return end;
}

/** The place of the bracket that the last character of a text closes; −1 where it closes none. */
function openingOf(text: string): number {
  if (!text.endsWith(")")) return -1;
  let start = -1;
  scan(text, (character, at, depth) => {
    if (character === "(" && depth === 0) start = at;
  });
  return depthAfter(text) === 0 ? start : -1;
}

const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** Visit the characters that stand in no quotes, each with how deep in brackets it stands, before and after it. */
function scan(text: string, visit: (character: string, at: number, depth: number, after: number) => void): void {
  const open: string[] = [];
  let quoted = false;
  let wrong = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (quoted) {
      if (character === "\\") at += 1;
      else if (character === '"') quoted = false;
      continue;
    }
    const before = open.length;
    if (character === '"') quoted = true;
    else if (character in closing) open.push(closing[character] as string);
    else if (Object.values(closing).includes(character) && open.pop() !== character) wrong = true;
    visit(character, at, before, wrong ? -1 : open.length);
  }
}
