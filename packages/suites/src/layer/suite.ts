/** The suite of every layer. */

import type { Layer } from "@kronograd/layers";
import { describe, it } from "vitest";
import { type LayerInput, layerStatements } from "./checks.ts";

/**
 * Test a layer.
 *
 * @param make   makes a layer that is not initialized yet
 * @param input  what it is tried on: the shape with the batch first
 * @example
 * layerSuite("Dense", () => new Dense({ in: 3, out: 2 }), { input: [4, 3] });
 */
export function layerSuite(name: string, make: () => Layer, input: LayerInput): void {
  describe(`layer ${name}`, () => {
    for (const { says, check } of layerStatements) it(says, () => check(make, input));
  });
}
