/** A page's program: ±0, Infinity, NaN and denormals, by name of the check what differs from `cpu`. */

import "@kronograd/backend-gpujs";
import { createDevice } from "@kronograd/tensor";
import { specialValues } from "@kronograd/testkit";

declare const report: (value: unknown) => void;

const device = await createDevice("gpujs");
const differs: Record<string, string[]> = {};
for (const [name, check] of Object.entries(specialValues)) {
  const wrong = await check(device);
  if (wrong.length > 0) differs[name] = wrong;
}
report({ checks: Object.keys(specialValues).length, differs });
