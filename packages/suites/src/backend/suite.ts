/**
 * The suite of every backend: all ops agree with their reference, and the coverage table says which have kernels.
 *
 * All ops are those of tensor, linalg and the optimizers, which are imported here for that, and any that a test defines.
 */

import "@kronograd/linalg";
import "@kronograd/linalg/decompositions";
import "@kronograd/optimizers";
import { type Device, opRegistry } from "@kronograd/tensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CoverageOptions, type CoverageRow, coverageTable, coverOp } from "./coverage.ts";
import { lostSince } from "./kept-kernels.ts";

/** Options of the suite. */
export interface BackendSuiteOptions extends CoverageOptions {
  /** The backend's coverage.json: ops whose kernels must run (kept-kernels.ts). */
  readonly kernels?: URL;
}

/**
 * Test a backend.
 *
 * @param name  as the tests call it
 * @param open  opens the device, once for the suite
 * @example
 * backendSuite("wasm", () => createDevice("wasm"));
 */
export function backendSuite(
  name: string,
  open: () => Device | Promise<Device>,
  { kernels, ...options }: BackendSuiteOptions = {},
): void {
  describe(`backend ${name}`, () => {
    let device: Device;
    const rows: CoverageRow[] = [];

    beforeAll(async () => {
      device = await open();
    });

    afterAll(() => {
      console.log(`${device.toString()}\n${coverageTable(rows)}`);
    });

    it.each(options.names ?? [...opRegistry.keys()])("computes %s as its reference does", async (op) => {
      const row = await coverOp(device, opRegistry.get(op)!, options);
      rows.push(row);
      expect(row.failure).toBeNull();
    });

    if (kernels !== undefined) {
      it("runs every kernel that it used to run, on every sample that it took", () => {
        expect(lostSince(kernels, rows)).toEqual([]);
      });
    }

    it("gives back every buffer", () => {
      expect(device.memory.buffers).toBe(0);
    });
  });
}
