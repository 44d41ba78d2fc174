/**
 * Proves what a curvature method must hold and what it claims. Nothing here needs a test runner: a command may call it on a
 * user's own method.
 */

import type { Claim } from "@kronograd/optimizers";
import type { AnyMethod } from "./bench.ts";
import { claimStatements } from "./claims.ts";
import { mustStatements } from "./musts.ts";
import type { Statement } from "./statement.ts";

/** Everything that the suite can say about a method: what all must hold, then every claim. */
export const curvatureStatements: readonly Statement[] = [...mustStatements, ...claimStatements];

/** How the proof of one statement ended. */
export interface Verdict {
  readonly says: string;
  readonly claim: Claim | null;
  readonly status: "proved" | "failed" | "not claimed";
  /** Why it failed, or "". */
  readonly reason: string;
}

/** The verdict on a method. */
export interface CurvatureReport {
  readonly name: string;
  readonly source: string;
  readonly verdicts: readonly Verdict[];
  /** Whether nothing that it must hold or claims failed. */
  readonly passed: boolean;
}

/**
 * Try every statement on a method.
 *
 * @example
 * console.log(curvatureTable(verifyCurvature(kfacCurvature())));
 */
export function verifyCurvature(method: AnyMethod): CurvatureReport {
  const verdicts = curvatureStatements.map((statement) => verdict(method, statement));
  return {
    name: method.name,
    source: method.source,
    verdicts,
    passed: verdicts.every(({ status }) => status !== "failed"),
  };
}

function verdict(method: AnyMethod, { says, claim, prove }: Statement): Verdict {
  if (claim !== null && !method.claims.includes(claim)) return { says, claim, status: "not claimed", reason: "" };
  try {
    prove(method);
    return { says, claim, status: "proved", reason: "" };
  } catch (error) {
    return { says, claim, status: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** A report as text: a line for each statement, with the reason below where one failed. */
export function curvatureTable({ name, source, verdicts, passed }: CurvatureReport): string {
  const count = (status: Verdict["status"]) => verdicts.filter((row) => row.status === status).length;
  return [
    `${name} (${source})`,
    ...verdicts.flatMap(({ says, claim, status, reason }) => [
      `  ${status.padEnd(11)}  ${(claim ?? "must").padEnd(18)}  ${says}`,
      ...(reason === "" ? [] : reason.split("\n").map((line) => `               ${line}`)),
    ]),
    `${passed ? "passed" : "FAILED"}: ${count("proved")} proved, ${count("failed")} failed, ${count("not claimed")} not claimed`,
  ].join("\n");
}
