/**
 * The conformance command: every case of a folder of fixtures through the public API.
 *
 * They run in float64, or in float32 where the backend has no other.
 *
 * Exit codes: 0 all passed, 1 a case failed or the command was misused, 3 the folder cannot be read, 4 the backend cannot run.
 */

import { parseArgs } from "node:util";
import {
  BackendError,
  createDevice,
  DataError,
  type Device,
  KronogradError,
  listBackends,
  UsageError,
} from "@kronograd/tensor";
import { readFixtures } from "./fixture.ts";
import { type CaseOutcome, runCases } from "./runner.ts";

export interface Output {
  out(line: string): void;
  error(line: string): void;
}

const usage = "usage: npm run conformance -- DIR [--backend NAME] [--dtype float32|float64] [--threads N] [--json]";

/** Run the command. @returns its exit code */
export async function conformance(args: readonly string[], { out, error }: Output): Promise<number> {
  try {
    const { folder, backend, json, threads, ...asked } = parse(args);
    const cases = readFixtures(folder);
    const device = await open(backend, threads);
    const dtype = asked.dtype ?? (device.backend.dtypes?.has("float64") === false ? "float32" : "float64");
    if (!json) out(`${cases.length} cases on ${device.toString()} in ${dtype}`);
    let failed = 0;
    for await (const outcome of runCases(cases, { device, dtype })) {
      if (!outcome.passed) failed += 1;
      if (json) out(JSON.stringify(outcome));
      else for (const line of lines(outcome)) out(line);
    }
    const passed = cases.length - failed;
    const summary = `${passed} passed, ${failed} failed`;
    out(json ? JSON.stringify({ passed, failed, summary }) : summary);
    return failed === 0 ? 0 : 1;
  } catch (thrown) {
    if (!(thrown instanceof KronogradError)) throw thrown;
    error(`${thrown.name}: ${thrown.message}`);
    if (thrown instanceof UsageError) error(usage);
    return thrown instanceof DataError ? 3 : thrown instanceof BackendError ? 4 : 1;
  }
}

function parse(args: readonly string[]) {
  let parsed: ReturnType<typeof read>;
  try {
    parsed = read(args);
  } catch (cause) {
    throw new UsageError({ where: "conformance", problem: (cause as Error).message, cause });
  }
  const { values, positionals } = parsed;
  const [folder, ...rest] = positionals;
  if (folder === undefined || rest.length > 0) {
    throw new UsageError({ where: "conformance", problem: "one folder of fixtures is needed", got: positionals });
  }
  const { dtype, backend, json } = values;
  const threads = Number(values.threads);
  if (dtype !== undefined && dtype !== "float32" && dtype !== "float64") {
    throw new UsageError({
      where: "conformance",
      problem: "unknown dtype",
      expected: "float32 or float64",
      got: dtype,
    });
  }
  return { folder, backend, dtype: dtype as "float32" | "float64" | undefined, json, threads };
}

function read(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      backend: { type: "string", default: "cpu" },
      dtype: { type: "string" },
      threads: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
    },
  });
}

/** Open a backend by name; the package of one that is not registered yet is imported first, which registers it. */
async function open(backend: string, threads: number): Promise<Device> {
  const known = (await listBackends()).some(({ name }) => name === backend);
  if (!known && backend !== "auto") await importBackend(`@kronograd/backend-${backend}`);
  return createDevice(backend, { threads });
}

async function importBackend(name: string): Promise<void> {
  try {
    await import(name);
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw error; // then createDevice says what there is
  }
}

function lines({ passed, file, name, op, error, reasons }: CaseOutcome): string[] {
  const head = `${passed ? "ok    " : "FAILED"} ${file}/${name} (${op})`;
  return passed ? [`${head} ${error.toExponential(1)}`] : [head, ...reasons.map((reason) => `       ${reason}`)];
}
