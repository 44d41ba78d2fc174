/**
 * Every optimizer by name, with its options as data: the command's `--optimizer`, its flags and `list` are made from
 * this table. A new optimizer adds its row here.
 */

import type { Optimizer } from "./optimizer.ts";
import { adadelta, adadeltaOptions } from "./optimizers/adadelta.ts";
import { adagrad, adagradOptions } from "./optimizers/adagrad.ts";
import { adam, adamOptions } from "./optimizers/adam.ts";
import { adamW, adamWOptions } from "./optimizers/adam-w.ts";
import { adamax, adamaxOptions } from "./optimizers/adamax.ts";
import { ekfac, ekfacOptions } from "./optimizers/ekfac.ts";
import { kfac, kfacOptions } from "./optimizers/kfac.ts";
import { nadam, nadamOptions } from "./optimizers/nadam.ts";
import { radam, radamOptions } from "./optimizers/radam.ts";
import { rmsprop, rmspropOptions } from "./optimizers/rmsprop.ts";
import { sgd, sgdOptions } from "./optimizers/sgd.ts";
import { skfac, skfacOptions } from "./optimizers/skfac.ts";
import { parseOptions } from "./option-text.ts";
import { type OptionsOf, type OptionTable, unknownName } from "./options.ts";
import type { RunLength } from "./schedule-text.ts";

/** One optimizer of the catalog. */
export interface CatalogEntry {
  /** One line. */
  readonly summary: string;
  readonly options: OptionTable;
  make(options: Readonly<Record<string, unknown>>): Optimizer;
}

/** A row, with the table and the function checked against each other. */
function entry<T extends OptionTable>(
  summary: string,
  options: T,
  make: (options: OptionsOf<T>) => Optimizer,
): CatalogEntry {
  return { summary, options, make: (given) => make(given as OptionsOf<T>) };
}

/** Optimizers by name. */
export const catalog: Readonly<Record<string, CatalogEntry>> = {
  sgd: entry("gradient descent with momentum, Nesterov and weight decay", sgdOptions, sgd),
  adam: entry("running means of gradient and square; with amsgrad their maximum", adamOptions, adam),
  adamW: entry("Adam with decoupled weight decay", adamWOptions, adamW),
  adamax: entry("Adam in the largest norm", adamaxOptions, adamax),
  nadam: entry("Adam with Nesterov's look ahead", nadamOptions, nadam),
  radam: entry("Adam with a rectified start", radamOptions, radam),
  adagrad: entry("divides by the root of the sum of squares", adagradOptions, adagrad),
  adadelta: entry("steps in the parameters' own units, no learning rate", adadeltaOptions, adadelta),
  rmsprop: entry("divides by the root mean square, centred if asked", rmspropOptions, rmsprop),
  kfac: entry("curvature of each layer as a Kronecker product of running averages", kfacOptions, kfac),
  ekfac: entry("K-FAC's eigenbasis with the second moments measured in it", ekfacOptions, ekfac),
  skfac: entry("K-FAC inverted through the few columns of a batch", skfacOptions, skfac),
};

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
