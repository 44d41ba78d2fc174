/**
 * An experiment as the text behind the `#` of a link, in one line without spaces:
 *
 *     v=1&data=spiral(turns=1.5)&race=sgd(learningRate=0.3);slow=kfac(damping=linear(1,0.01))&batch=64
 *
 * Keys are the names of settings and `race`; other keys belong to whoever wrote them, and are kept.
 */

import { UsageError } from "@kronograd/tensor";
import type { Experiment } from "./experiment.ts";
import { parseRivals, printRivals } from "./settings/rivals.ts";
import { type Setting, settings } from "./settings/settings.ts";

/** The version of links that is written here. */
export const linkVersion = 1;

/** What a link says. */
export interface Link {
  readonly experiment: Experiment;
  /** Keys that are no settings of an experiment, with their texts: a page's own, or those of a newer version. */
  readonly rest: Readonly<Record<string, string>>;
}

/**
 * Read a link.
 *
 * @param text  what follows the `#`, with or without it
 * @throws {UsageError} a newer version, a key that is given twice, or a value that cannot be read
 */
export function parseExperiment(text: string): Link {
  const given = new Map<string, string>();
  for (const item of text.replace(/^#/, "").split("&")) {
    if (item === "") continue;
    const at = item.includes("=") ? item.indexOf("=") : item.length;
    const key = decode(item.slice(0, at));
    if (given.has(key)) throw new UsageError({ where: "link", problem: `"${key}" is given twice` });
    given.set(key, decode(item.slice(at + 1)));
  }
  const version = given.get("v") ?? String(linkVersion);
  if (version !== String(linkVersion)) {
    throw new UsageError({
      where: "link",
      problem: "is of another version",
      expected: `v=${linkVersion}`,
      got: `v=${version}`,
    });
  }
  const race = given.get("race") ?? "";
  const entries = [...given].filter(([key]) => key !== "v" && key !== "race");
  const isSetting = ([key]: [string, string]) => Object.hasOwn(table, key);
  return {
    experiment: {
      ...Object.fromEntries(
        entries
          .filter(isSetting)
          .map(([key, value]) => [key, (table[key] as Setting).kind.read(`link, ${key}`, value)]),
      ),
      rivals: race === "" ? [] : parseRivals(race),
    },
    rest: Object.fromEntries(entries.filter((entry) => !isSetting(entry))),
  };
}

/** Write a link, as `parseExperiment` reads it: the part behind the `#`. */
export function printExperiment({ rivals, ...given }: Experiment, rest: Link["rest"] = {}): string {
  const { data, model, ...others } = given;
  const race = rivals.length === 0 ? undefined : printRivals(rivals, ";");
  const ours = Object.entries({ v: linkVersion, data, model, race, ...others });
  return [...ours, ...Object.entries(rest)]
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encode(String(value))}`)
    .join("&");
}

const table: Readonly<Record<string, Setting>> = settings;

/** Escape what may not stand behind a `#`, or would end a value; brackets and commas stay readable. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/%(?:2C|3A|3B|3D|2F|40|24|2B)/g, (code) => decodeURIComponent(code));

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % is what it is
  }
}
