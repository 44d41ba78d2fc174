/** The command line: `npm run bench -- [TOPIC …] [--json] [--backend wasm|cpu] [--quick] [--only TEXT]`. */

import { parseArgs } from "node:util";
import { nearest, UsageError } from "@kronograd/tensor";

export interface Arguments {
  readonly topics: readonly string[];
  readonly json: boolean;
  readonly backend: string;
  readonly quick: boolean;
  /** Only cases whose name contains this. */
  readonly only: string;
}

export const backends: readonly string[] = ["wasm", "cpu"];

/** @throws {UsageError} a topic, flag or backend that does not exist */
export function parseArguments(argv: readonly string[], known: readonly string[]): Arguments {
  const { values, positionals } = parse(argv);
  for (const topic of positionals) if (!known.includes(topic)) throw unknown("topic", topic, known);
  if (!backends.includes(values.backend)) throw unknown("backend", values.backend, backends);
  return { ...values, topics: positionals.length === 0 ? known : positionals };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        backend: { type: "string", default: "wasm" },
        quick: { type: "boolean", default: false },
        only: { type: "string", default: "" },
      },
    });
  } catch (error) {
    throw new UsageError({ where: "bench", problem: (error as Error).message });
  }
}

function unknown(what: string, got: string, known: readonly string[]): UsageError {
  const guess = nearest(got, known);
  return new UsageError({
    where: "bench",
    problem: `there is no ${what} "${got}"`,
    expected: `one of ${known.join(", ")}`,
    ...(guess === undefined ? {} : { help: `Did you mean "${guess}"?` }),
  });
}
