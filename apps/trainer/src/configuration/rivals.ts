/** Which optimizers run, and under which names: `sgd,slow=kfac,./mine.ts`. */

import { basename } from "node:path";
import { catalog, catalogEntry } from "@kronograd/optimizers";
import { UsageError } from "@kronograd/tensor";

/** One optimizer of a race. */
export interface Rival {
  /** Its name in tables, events and folders. */
  readonly name: string;
  /** A name of the catalog, or a file. */
  readonly optimizer: string;
}

/** Whether a name is that of a user's file. */
export const isFile = (name: string): boolean => /\.[cm]?[jt]s$/.test(name);

/**
 * Read a list of optimizers.
 *
 * @throws {UsageError} an unknown optimizer (with the nearest that exists), a name that occurs twice, or no name at all
 * @example
 * parseRivals("adam,slow=kfac");   // [{ name: "adam", optimizer: "adam" }, { name: "slow", optimizer: "kfac" }]
 */
export function parseRivals(text: string): Rival[] {
  const items = text.split(",").map((item) => item.trim());
  if (items.some((item) => item === "")) {
    throw new UsageError({ where: "--optimizer", problem: "an optimizer has no name", got: `"${text}"` });
  }
  const rivals = items.map(parseRival);
  for (const [i, { name }] of rivals.entries()) {
    if (rivals.findIndex((other) => other.name === name) === i) continue;
    throw new UsageError({
      where: "--optimizer",
      problem: `two rivals are called "${name}"`,
      help: `Give one another name: "other=${name}".`,
      details: { name },
    });
  }
  return rivals;
}

function parseRival(item: string): Rival {
  const at = item.indexOf("=");
  const given = item.slice(at + 1);
  const optimizer = isFile(given) ? given : catalogName(given);
  if (at >= 0) return { name: checkName(item.slice(0, at)), optimizer };
  return { name: isFile(optimizer) ? basename(optimizer).replace(/\.[^.]*$/, "") : optimizer, optimizer };
}

/** The catalog's spelling of a name. */
function catalogName(name: string): string {
  const entry = catalogEntry(name);
  return Object.keys(catalog).find((known) => catalog[known] === entry) as string;
}

/** The name becomes a folder's. */
function checkName(name: string): string {
  if (/^\w[\w-]*$/.test(name)) return name;
  throw new UsageError({
    where: "--optimizer",
    problem: "a rival's name is made of letters, digits, - and _",
    got: `"${name}"`,
  });
}
