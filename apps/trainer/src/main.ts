/** The `kronograd` command. */

import { runCommandLine } from "./command-line/cli.ts";
import { exitCodes } from "./command-line/exit.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.done); // the reader of a pipe has seen enough
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2));
