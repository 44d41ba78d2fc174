/**
 * Every optimizer by name, with its options as data: the command's `--optimizer`, its flags and `list` are made from
 * this table. The table is made from the functions of optimizers/, so a new optimizer is in it from the start.
 */

import * as optimizers from "./catalog/index.ts";
import type { Optimizer } from "./optimizer.ts";
import { type OptionTable, unknownName } from "./options/options.ts";

/** One optimizer of the catalog. */
export interface CatalogEntry {
  /** One line. */
  readonly summary: string;
  readonly options: OptionTable;
  make(options: Readonly<Record<string, unknown>>): Optimizer;
}

/** Export of a file of catalog/: a function with two properties. */
type Maker = CatalogEntry["make"] & Omit<CatalogEntry, "make">;

/** Optimizers by name. */
export const catalog: Readonly<Record<string, CatalogEntry>> = optimizersIn(optimizers);

/** The optimizers among the exports of a module. Helpers and tables of options are none. */
export function optimizersIn(module: Readonly<Record<string, unknown>>): Readonly<Record<string, CatalogEntry>> {
  const makers = Object.entries(module).filter((entry): entry is [string, Maker] => isMaker(entry[1]));
  return Object.fromEntries(
    makers.map(([name, make]) => [name, { summary: make.summary, options: make.options, make }]),
  );
}

function isMaker(value: unknown): value is Maker {
  return typeof value === "function" && "summary" in value && "options" in value;
}

/**
 * Look an optimizer up by name; upper and lower case are the same.
 *
 * @throws {UsageError} there is none of that name; the message gives the nearest
 */
export function catalogEntry(name: string): CatalogEntry {
  const names = Object.keys(catalog);
  const found = names.find((known) => known.toLowerCase() === name.toLowerCase());
  if (found === undefined) throw unknownName("optimizer", "optimizer", name, names);
  return catalog[found] as CatalogEntry;
}
