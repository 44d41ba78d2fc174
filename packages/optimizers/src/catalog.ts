/**
 * Every optimizer by name, with its options as data: the command's `--optimizer`, its flags and `list` are made from
 * this table. The table is made from the functions of optimizers/, so a new optimizer is in it from the start.
 */

import * as optimizers from "./catalog/index.ts";
import type { Optimizer } from "./optimizer.ts";
import { parseOptions } from "./options/option-text.ts";
import { type OptionTable, unknownName } from "./options/options.ts";
import type { RunLength } from "./schedules/schedule-text.ts";

/** One optimizer of the catalog. */
export interface CatalogEntry {
  /** One line. */
  readonly summary: string;
  readonly options: OptionTable;
  make(options: Readonly<Record<string, unknown>>): Optimizer;
}

/** What a file of optimizers/ exports: a function with two properties. */
type Maker = CatalogEntry["make"] & Omit<CatalogEntry, "make">;

const makers = Object.entries(optimizers).filter(([, value]) => typeof value === "function") as [string, Maker][];

/** Optimizers by name. */
export const catalog: Readonly<Record<string, CatalogEntry>> = Object.fromEntries(
  makers.map(([name, make]) => [name, { summary: make.summary, options: make.options, make }]),
);

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

/**
 * Make an optimizer from its name and options, of which any may be text, as from a command line or a run.json.
 *
 * @param run  what a schedule may leave out: `"linear(0.1, 0)"` falls over the steps of the run
 * @throws {UsageError} an unknown name or option, text that cannot be read, or a value out of range
 * @example
 * optimizerByName("sgd", { learningRate: "cosine(0.1)", momentum: 0.9 }, { steps: 2340 });
 */
export function optimizerByName(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
  run: RunLength = {},
): Optimizer {
  const { options: table, make } = catalogEntry(name);
  return make(parseOptions(name, options, table, run));
}
