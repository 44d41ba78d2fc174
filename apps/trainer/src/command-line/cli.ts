/** From a command line to an exit code: find the command, run it, turn what it throws into a line. */

import { nearest, UsageError } from "@kronograd/tensor";
import { commands } from "../commands/index.ts";
import { version } from "../runs/record.ts";
import { parseArguments } from "./arguments.ts";
import { exitCodeOf, exitCodes, messageOf } from "./exit.ts";
import { examples, helpFor, overview } from "./help.ts";

/** Run a command line; what goes wrong is said on stderr. @returns the exit code */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  try {
    return await dispatch(argv);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return exitCodeOf(error);
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) return say(examples);
  if (name === "--help" || name === "-h" || name === "help") return say(overview(commands));
  if (name === "--version") return say(version);
  const command = commands.find((each) => each.name === name);
  if (command === undefined) throw unknownCommand(name);
  const given = parseArguments(command.name, rest, command.flags, command.own);
  return given.own.has("help") ? say(helpFor(command)) : command.run(given);
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return exitCodes.done;
}

function unknownCommand(name: string): UsageError {
  const names = commands.map((command) => command.name);
  const guess = nearest(name, names);
  return new UsageError({
    where: "kronograd",
    problem: `unknown command "${name}"`,
    expected: `one of ${names.join(", ")}`,
    ...(guess === undefined ? {} : { help: `Did you mean "${guess}"?` }),
    details: { name, guess },
  });
}
