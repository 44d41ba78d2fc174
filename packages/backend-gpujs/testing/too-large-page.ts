/** A page's program: one element more than indices in float32 are exact for. */

import "@kronograd/backend-gpujs";
import { createDevice, ones, sum } from "@kronograd/tensor";

declare const report: (value: unknown) => void;

const device = await createDevice("gpujs");
let told: Error | undefined;
try {
  ones([2 ** 24 + 1], { device });
} catch (error) {
  told = error as Error;
}
report({ name: told?.name, message: told?.message, sum: (await sum(ones([4, 4], { device })).data())[0] });
