/**
 * The suite of every op: it walks the registry, so a new op is tested from the moment it is defined.
 *
 * All ops are those of tensor, linalg and the optimizers, which are imported here for that, and any that a test defines.
 */

import "@kronograd/linalg";
import "@kronograd/linalg/decompositions";
import "@kronograd/optimizers";
import { opRegistry } from "@kronograd/tensor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkOpDtypes, checkOpGradients, checkOpLayouts, checkOpReads } from "./checks.ts";

/** What is tried. */
export interface OpSuiteOptions {
  /** Which ops; default all that are defined so far. */
  readonly names?: readonly string[];
  /** Random cases for each statement; default 12. */
  readonly runs?: number;
  /** fast-check's seed; default 0, so that every run draws the same cases. A failure prints the op's own seed. */
  readonly seed?: number;
}

/** Test ops of the registry: gradients of first and second order, layouts, float32 against float64. */
export function opSuite({ names = [...opRegistry.keys()], runs = 12, seed = 0 }: OpSuiteOptions = {}): void {
  const forSeeds = (check: (seed: number) => void) =>
    fc.assert(fc.property(fc.nat(), check), { numRuns: runs, seed, endOnFailure: true });
  describe.each(names)("op %s", (name) => {
    const op = opRegistry.get(name)!;
    it("gives the same results in every layout", () => forSeeds((s) => checkOpLayouts(op, s)));
    it("agrees in float32 and float64", () => forSeeds((s) => checkOpDtypes(op, s)));
    if (op.vjp === undefined) {
      it(`has no derivative: ${op.noVjp}`, () => {
        expect(op.noVjp!.split(" ").length).toBeGreaterThan(1);
      });
    } else {
      it("has right gradients of first and second order", () => forSeeds((s) => checkOpGradients(op, s)));
      it("reads back only what it declared for the inputs that need a cotangent", () =>
        forSeeds((s) => checkOpReads(op, s)));
    }
  });
}
