/**
 * Ops whose kernels ran over the suite's samples, as a file beside each backend: a kernel that ran before and declines after a
 * change is a test that fails, not a line of a table.
 *
 * `npm run coverage:kernels -- --write` writes the files anew, where kernels were added or given up on purpose.
 */

import { readFileSync, writeFileSync } from "node:fs";
import type { CoverageRow } from "./coverage.ts";

/** How many of an op's samples its kernel computed, by op; ops without a kernel are left out. */
export type KernelCoverage = Readonly<Record<string, number>>;

/** Set this variable of the environment to "write" to have files written instead of compared. */
const variable = "KERNEL_COVERAGE";

/** Count the samples of a suite's rows that kernels computed. */
export function kernelCoverage(rows: readonly CoverageRow[]): KernelCoverage {
  const counts = rows.filter(({ kernel }) => kernel > 0).map(({ op, kernel }) => [op, kernel] as const);
  return Object.fromEntries(counts.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Name the kernels that compute fewer samples than before, a line each. */
export function lostKernels(before: KernelCoverage, now: KernelCoverage): string[] {
  return Object.entries(before).flatMap(([op, count]) => {
    const found = now[op] ?? 0;
    return found < count ? [`${op}: its kernel computed ${found} samples, ${count} before`] : [];
  });
}

/** Compare rows with a backend's file, or write it. Gives a line for each kernel that computes fewer samples. */
export function lostSince(file: URL, rows: readonly CoverageRow[]): string[] {
  const now = kernelCoverage(rows);
  if (process.env[variable] === "write") {
    writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`);
    return [];
  }
  return lostKernels(JSON.parse(readFileSync(file, "utf8")) as KernelCoverage, now);
}
