/** Which options each rival gets: tuned ones, then those for all, then those of its own, layer by layer. */

import { hasOption, type Rival } from "@kronograd/experiment";
import { catalog } from "@kronograd/optimizers";
import { nearest, UsageError } from "@kronograd/tensor";
import type { Config } from "./config.ts";
import type { Layer } from "./layers.ts";
import { tuned } from "./tuned.ts";

/** A rival with its options as far as they are given. */
export interface RivalSettings extends Omit<Rival, "options"> {
  readonly options: Readonly<Record<string, unknown>>;
  /** Grid points behind its options, where they are all as `tune` left them. */
  readonly tunedPoints: number | null;
}

/**
 * Give every rival its options. One that is meant for all goes to those that have it.
 *
 * @throws {UsageError} an option that no rival has, or options for a rival that does not run (with the nearest name)
 */
export function optionsOf(rivals: readonly Rival[], layers: readonly Layer[]): RivalSettings[] {
  for (const layer of layers) {
    checkNames(Object.keys(layer.config.options ?? {}), rivals);
    // A race.json may be run with fewer rivals than it has.
    if (layer.from !== "file") checkRivals(Object.keys(layer.config.rivals ?? {}), rivals);
  }
  return rivals.map((rival) => {
    const given = new Map<string, unknown>();
    for (const { config } of layers) {
      for (const [name, value] of Object.entries(config.options ?? {}))
        if (hasOption(rival, name)) given.set(name, value);
      for (const [name, value] of Object.entries(ownOptions(config, rival))) given.set(name, value);
    }
    for (const [name, value] of Object.entries(rival.options)) given.set(name, value);
    const own = tuned[rival.optimizer];
    const isTuned = own !== undefined && [...given].every(([name, value]) => isSame(own.options[name], value));
    return {
      ...rival,
      options: { ...own?.options, ...Object.fromEntries(given) },
      tunedPoints: isTuned ? own.points : null,
    };
  });
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const ownOptions = ({ rivals = {} }: Config, { name }: Rival): Readonly<Record<string, unknown>> =>
  (Object.hasOwn(rivals, name) ? rivals[name] : undefined) ?? {};

function checkNames(options: readonly string[], rivals: readonly Rival[]): void {
  for (const option of options) {
    if (rivals.some((rival) => hasOption(rival, option))) continue;
    const names = [...new Set(rivals.flatMap(({ optimizer }) => Object.keys(catalog[optimizer]?.options ?? {})))];
    const guess = nearest(option, names);
    throw new UsageError({
      where: rivals.map(({ name }) => name).join(", "),
      problem: `unknown option "${option}"`,
      expected: `one of ${names.join(", ")}`,
      ...(guess === undefined ? {} : { help: `Did you mean "${guess}"?` }),
      details: { option, guess },
    });
  }
}

function checkRivals(names: readonly string[], rivals: readonly Rival[]): void {
  const running = rivals.map(({ name }) => name);
  for (const name of names) {
    if (running.includes(name)) continue;
    const guess = nearest(name, running);
    throw new UsageError({
      where: "rivals",
      problem: `there are options for "${name}", which does not run`,
      expected: `one of ${running.join(", ")}`,
      ...(guess === undefined ? {} : { help: `Did you mean "${guess}"?` }),
      details: { name, guess },
    });
  }
}
