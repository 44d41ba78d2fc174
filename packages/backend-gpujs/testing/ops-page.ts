/** A page's program: every op of the registry on gpu.js, as `backendSuite` does it where tests run. */

import "@kronograd/linalg"; // which defines ops of its own
import "@kronograd/backend-gpujs";
import { type CoverageRow, coverageTable, coverOp } from "@kronograd/suites/coverage";
import { createDevice, opRegistry } from "@kronograd/tensor";

declare const report: (value: unknown) => void;

const device = await createDevice("gpujs");
const rows: CoverageRow[] = [];
for (const op of opRegistry.values()) {
  try {
    rows.push(await coverOp(device, op, { dtypes: ["float32"], runs: 12 }));
  } catch (error) {
    rows.push({ op: op.name, kernel: 0, reference: 0, error: {}, failure: String(error) });
  }
}
report({ rows, table: `${device}\n${coverageTable(rows)}`, buffers: device.memory.buffers });
