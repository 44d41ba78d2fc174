/** `@kronograd/backend-gpujs`: importing it makes `createDevice("gpujs")` work, where the page has the package gpu.js. */

import { registerBackend } from "@kronograd/tensor";
import { gpujsProvider } from "./device/provider.ts";

export { GpujsBackend, type GpujsCounts } from "./backend.ts";
export { gpujsProvider } from "./device/provider.ts";

registerBackend(gpujsProvider);
