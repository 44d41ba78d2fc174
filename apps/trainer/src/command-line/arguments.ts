/** The command line taken apart by a table of flags. */

import { parseArgs } from "node:util";
import { nearest, UsageError } from "@kronograd/tensor";
import type { Flag } from "./flags.ts";

/** A flag of one command alone that is no part of a configuration. */
export interface OwnFlag {
  readonly name: string;
  readonly short?: string;
  /** "<step>" for a flag with a value; a switch without. */
  readonly value?: string;
  readonly help: string;
  readonly many?: boolean;
  /** Between processes of ours: not in the help. */
  readonly hidden?: boolean;
}

/** What stood on the command line. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** Values of flags by their paths in the configuration. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Texts of a command's own flags; "" for a switch. */
  readonly own: ReadonlyMap<string, readonly string[]>;
}

/** Understood everywhere. */
export const helpFlag: OwnFlag = { name: "help", short: "h", help: "say what the command does" };

/**
 * Take a command line apart.
 *
 * @throws {UsageError} an unknown flag (with the nearest that exists), a missing value, or one that cannot be read
 */
export function parseArguments(
  command: string,
  argv: readonly string[],
  flags: readonly Flag[],
  ownFlags: readonly OwnFlag[],
): Arguments {
  const known = new Map<string, { short?: string; type: "string" | "boolean"; multiple: true }>();
  for (const { name, short, ...flag } of [...flags, ...ownFlags, helpFlag]) {
    const isSwitch = "read" in flag ? flag.read === "switch" : flag.value === undefined;
    known.set(name, {
      type: isSwitch ? "boolean" : "string",
      multiple: true,
      ...(short === undefined ? {} : { short }),
    });
  }
  const options = Object.fromEntries(known);
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, unknown>();
  const own = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const name = known.has(token.name) ? token.name : token.name.replace(/^no-/, "");
    const off = name !== token.name;
    const spec = known.get(name);
    if (spec === undefined || (off && spec.type !== "boolean"))
      throw unknownFlag(command, token.rawName, [...known.keys()]);
    if (spec.type === "string" && token.value === undefined) {
      throw new UsageError({ where: token.rawName, problem: "needs a value", help: helpOf(command) });
    }
    if (spec.type === "boolean" && token.value !== undefined) {
      throw new UsageError({
        where: token.rawName,
        problem: "takes no value",
        got: token.value,
        help: helpOf(command),
      });
    }
    const flag = flags.find((each) => each.name === name);
    if (flag === undefined && off) own.delete(name);
    else if (flag === undefined) own.set(name, [...(own.get(name) ?? []), token.value ?? ""]);
    else if (flag.read === "switch") values.set(flag.path, !off);
    else values.set(flag.path, flag.read(token.rawName, token.value as string));
  }
  return { positionals, values, own };
}

function unknownFlag(command: string, raw: string, names: readonly string[]): UsageError {
  const guess = nearest(raw.replace(/^-+(no-)?/, ""), names);
  return new UsageError({
    where: `kronograd ${command}`,
    problem: `unknown flag "${raw}"`,
    help: guess === undefined ? helpOf(command) : `Did you mean "--${guess}"? ${helpOf(command)}`,
    details: { flag: raw, guess },
  });
}

const helpOf = (command: string): string => `See \`kronograd ${command} --help\`.`;
