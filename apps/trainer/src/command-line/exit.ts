/** From a typed error to the exit code of the command. */

import {
  BackendError,
  CheckpointError,
  DataError,
  DtypeError,
  NumericalError,
  ShapeError,
  UsageError,
} from "@kronograd/tensor";

/** Why the command ended, by number. */
export const exitCodes = { done: 0, usage: 1, numerical: 2, data: 3, backend: 4, bug: 70, stopped: 130 } as const;

const byClass = [
  [UsageError, exitCodes.usage],
  [ShapeError, exitCodes.usage],
  [DtypeError, exitCodes.usage],
  [NumericalError, exitCodes.numerical],
  [DataError, exitCodes.data],
  [CheckpointError, exitCodes.data],
  [BackendError, exitCodes.backend],
] as const;

/** The exit code for an error; one that is none of ours is a bug. */
export function exitCodeOf(error: unknown): number {
  return byClass.find(([type]) => error instanceof type)?.[1] ?? exitCodes.bug;
}

/** What the user is told: our own errors in one line, a bug with its stack. */
export function messageOf(error: unknown): string {
  if (exitCodeOf(error) !== exitCodes.bug) return `${(error as Error).name}: ${(error as Error).message}`;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${text}\nThis is a bug in kronograd: please report it with the lines above.`;
}
