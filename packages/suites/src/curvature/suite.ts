/** The suite of every curvature method: what all must hold, and each of its claims. */

import { afterAll, describe, it } from "vitest";
import type { AnyMethod } from "./bench.ts";
import { curvatureStatements } from "./verify.ts";

/**
 * Test a curvature method.
 *
 * @example
 * curvatureSuite(kfacCurvature());
 */
export function curvatureSuite(method: AnyMethod): void {
  describe(`curvature ${method.name}`, () => {
    const unclaimed = curvatureStatements.flatMap(({ claim }) =>
      claim === null || method.claims.includes(claim) ? [] : [claim],
    );
    for (const { says, claim, prove } of curvatureStatements) {
      if (claim === null || method.claims.includes(claim))
        it(claim === null ? says : `${claim}: ${says}`, () => prove(method));
    }
    afterAll(() => {
      console.log(
        `${method.name} claims ${method.claims.join(", ") || "nothing"}; not claimed: ${unclaimed.join(", ") || "nothing"}`,
      );
    });
  });
}
