/** The `kronograd` command: find the command, run it, turn what it throws into a line and an exit code. */

import { nearest, UsageError } from "@kronograd/tensor";
import { parseArguments } from "./arguments.ts";
import { commands } from "./commands/index.ts";
import { exitCodeOf, exitCodes, messageOf } from "./exit.ts";
import { examples, helpFor, overview } from "./help.ts";

/** Run a command line. @returns the exit code */
async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) return say(examples);
  if (name === "--help" || name === "-h" || name === "help") return say(overview(commands));
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

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.done); // the reader of a pipe has seen enough
  throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
