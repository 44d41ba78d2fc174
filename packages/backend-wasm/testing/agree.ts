/** An op's kernel against its reference, on inputs of a test's own choice in random layouts. */

import { type CoverageOptions, type CoverageRow, coverOp } from "@kronograd/suites";
import { Device, NumericalError, opRegistry, type Rng, type Sample, sampled } from "@kronograd/tensor";
import { expect } from "vitest";
import { openWasm } from "../src/index.ts";
import { guards } from "./guards.ts";

/** Guards are on, so a kernel that writes behind its output fails. */
export const guarded = new Device(await openWasm({ guards }));
export const guardedPlain = new Device(await openWasm({ guards, relaxed: false }));

/** Compare random cases; every one must run the kernel, unless `declines` allows the reference. */
export async function agree(
  name: string,
  samples: (rng: Rng) => Sample<unknown>,
  { device = guarded, declines = false, ...options }: CoverageOptions & { device?: Device; declines?: boolean } = {},
): Promise<CoverageRow> {
  const op = { ...opRegistry.get(name)! };
  sampled(op, samples);
  const row = await coverOp(device, op, options);
  expect(row.failure).toBeNull();
  if (!declines) expect(row.reference).toBe(0);
  expect(device.memory.buffers).toBe(0);
  return row;
}

/** The error about numbers that a call must throw. */
export function errorOf(compute: () => unknown): NumericalError {
  try {
    compute();
  } catch (error) {
    if (error instanceof NumericalError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
