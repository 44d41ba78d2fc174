/** Catalogs: what there is of one kind, by name, made from the files of a folder. */

import { type ChosenOptions, checkOptions, type OptionTable } from "@kronograd/optimizers";
import { nearest, UsageError } from "@kronograd/tensor";
import { parseCall } from "../text/call.ts";
import { parseOptions } from "../text/option-text.ts";

/** Something that has a name, a line that tells what it is, and options as data. */
export interface Entry {
  /** Its name in commands, links and run.json. */
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly options: OptionTable;
}

/** Everything of one kind. */
export interface Catalog<E extends Entry> {
  /** The kind in words: "data set". */
  readonly what: string;
  /** The setting that names one of them: "--data". */
  readonly where: string;
  readonly entries: readonly E[];
}

/**
 * Make a catalog of what a folder's files export.
 *
 * @param isEntry  tells an entry from a helper or a table of options
 */
export function catalogOf<E extends Entry>(
  what: string,
  where: string,
  exports: Readonly<Record<string, unknown>>,
  isEntry: (value: unknown) => value is E,
): Catalog<E> {
  return { what, where, entries: Object.values(exports).filter(isEntry) };
}

/** An entry that was found, with what its text gave it. */
export interface Found<E extends Entry> {
  readonly entry: E;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Find an entry by its text: `spiral`, `spiral(turns=1.5)`. Case and dashes do not count.
 *
 * @param orElse  what else the text may be, for the message: "a .csv file"
 * @throws {UsageError} there is none of that name (the message gives the nearest), or an option cannot be read or is out of range
 */
export function find<E extends Entry>(catalog: Catalog<E>, text: string, orElse?: string): Found<E> {
  const { name, options } = parseCall(catalog.where, text);
  const entry = catalog.entries.find((each) => plain(each.name) === plain(name));
  if (entry === undefined) throw unknown(catalog, name, orElse);
  const read = parseOptions(entry.name, options, entry.options);
  return { entry, options: checkOptions(entry.name, read, entry.options) };
}

/** The entry of a name, where there is one. */
export const entryOf = <E extends Entry>(catalog: Catalog<E>, text: string): E | undefined =>
  catalog.entries.find((each) => plain(each.name) === plain(text.replace(/\(.*$/s, "").trim()));

const plain = (name: string): string => name.replaceAll("-", "").toLowerCase();

function unknown(catalog: Catalog<Entry>, name: string, orElse: string | undefined): UsageError {
  const names = catalog.entries.map((entry) => entry.name);
  const guess = nearest(name, names);
  return new UsageError({
    where: catalog.where,
    problem: `unknown ${catalog.what} "${name}"`,
    expected: `one of ${names.join(", ")}${orElse === undefined ? "" : `, or ${orElse}`}`,
    ...(guess === undefined ? {} : { help: `Did you mean "${guess}"?` }),
    details: { name, guess },
  });
}

/** Options that an entry's `make` is given: all of its table, checked. */
export type Chosen<T extends OptionTable> = ChosenOptions<T>;
