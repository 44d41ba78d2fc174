/** Runs every case of a folder on a device and says which agree. */

import { type Device, KronogradError, openScope } from "@kronograd/tensor";
import { check } from "./check.ts";
import type { FixtureCase } from "./fixture.ts";
import { CaseRun, type Handler } from "./handler.ts";
import { handlers } from "./handlers.ts";

/** The outcome of one case. */
export interface CaseOutcome {
  readonly file: string;
  readonly name: string;
  readonly op: string;
  readonly passed: boolean;
  /** Values compared, and the largest error relative to the largest wanted element. */
  readonly compared: number;
  readonly error: number;
  /** Why it failed: one line for each value that differs, or the error that stopped it. */
  readonly reasons: readonly string[];
}

export interface RunOptions {
  readonly device: Device;
  /** Default "float64". */
  readonly dtype?: "float32" | "float64";
  /** Only for tests of the runner itself. */
  readonly handlers?: Readonly<Record<string, Handler>>;
}

/** Run cases one after the other. A case that cannot run fails with its reason. */
export async function* runCases(cases: readonly FixtureCase[], options: RunOptions): AsyncGenerator<CaseOutcome> {
  for (const fixture of cases) yield await runCase(fixture, cases, options);
}

async function runCase(fixture: FixtureCase, all: readonly FixtureCase[], options: RunOptions): Promise<CaseOutcome> {
  const { device, dtype = "float64" } = options;
  const { file, name, op, tol } = fixture;
  const handler = (options.handlers ?? handlers)[op];
  const about = { file, name, op };
  if (handler === undefined)
    return { ...about, passed: false, compared: 0, error: 0, reasons: [`no handler for op "${op}"`] };
  using _ = openScope();
  try {
    const run = new CaseRun(fixture, all, device, dtype);
    const results = await handler(run);
    const tolerance = dtype === "float32" ? { rtol: tol.rtol32, zero: 1e-6 } : { rtol: tol.rtol, zero: 1e-12 };
    const { compared, error, mismatches } = await check(results, run.expected, tolerance);
    return {
      ...about,
      passed: mismatches.length === 0,
      compared,
      error,
      reasons: mismatches.map(({ path, message }) => `${path}: ${message}`),
    };
  } catch (thrown) {
    return { ...about, passed: false, compared: 0, error: 0, reasons: [describe(thrown)] };
  }
}

function describe(thrown: unknown): string {
  if (thrown instanceof KronogradError) return `${thrown.name}: ${thrown.message}`;
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
