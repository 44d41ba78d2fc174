/** Which optimizers run, under which names and with which options: `sgd,slow=kfac(damping=1),./mine.ts`. */

import { catalog, catalogEntry } from "@kronograd/optimizers";
import { UsageError } from "@kronograd/tensor";
import { isFile } from "../opening/surroundings.ts";
import { type OptionValues, parseCall, printCall, splitOutside } from "../text/call.ts";

/** One optimizer of a race. */
export interface Rival {
  /** Its name in tables, events and folders. */
  readonly name: string;
  /** A name of the catalog, or a file. */
  readonly optimizer: string;
  /** Options that it was given. */
  readonly options: OptionValues;
}

/**
 * Read a list of optimizers, with commas between them (or semicolons, as in links).
 *
 * @throws {UsageError} an unknown optimizer (with the nearest that exists), a name that occurs twice, or no name at all
 * @example
 * parseRivals("adam,slow=kfac(damping=1)")[1];   // { name: "slow", optimizer: "kfac", options: { damping: 1 } }
 */
export function parseRivals(text: string): Rival[] {
  const items = splitOutside(text, ";").flatMap((part) => splitOutside(part, ","));
  if (items.some((item) => item.trim() === "")) {
    throw new UsageError({ where: "--optimizer", problem: "an optimizer has no name", got: `"${text}"` });
  }
  const rivals = items.map((item) => parseRival(item.trim()));
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

/** Write a list of optimizers. @param mark  what stands between them */
export const printRivals = (rivals: readonly Rival[], mark: "," | ";" = ","): string =>
  rivals.map(printRival).join(mark);

/** Write one optimizer: "kfac", "slow=kfac(damping=1)". */
export function printRival({ name, optimizer, options }: Rival): string {
  const call = printCall({ name: optimizer, options });
  return name === ownName(optimizer) ? call : `${name}=${call}`;
}

function parseRival(item: string): Rival {
  const { name: word, options } = parseCall("--optimizer", item);
  const at = word.indexOf("=");
  const given = word.slice(at + 1).trim();
  const optimizer = isFile(given) ? given : catalogName(given);
  return { name: at >= 0 ? checkName(word.slice(0, at).trim()) : ownName(optimizer), optimizer, options };
}

/** The name that an optimizer has where none is given: a file's is that of the file, without its ending. */
const ownName = (optimizer: string): string =>
  isFile(optimizer) ? (optimizer.split(/[/\\]/).at(-1) as string).replace(/\.[^.]*$/, "") : optimizer;

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

/** Whether a rival has an option; a file may take any. */
export const hasOption = ({ optimizer }: Pick<Rival, "optimizer">, option: string): boolean =>
  isFile(optimizer) || Object.hasOwn(catalog[optimizer]?.options ?? {}, option);
