/** `@kronograd/backend-webgpu`: importing it makes `createDevice("webgpu")` work, and "auto" prefer it on real hardware. */

import { registerBackend } from "@kronograd/tensor";
import { webgpuProvider } from "./device/provider.ts";

export { type OpenedGpu, WebGpuBackend, type WebGpuCounts } from "./backend.ts";
export { openGpu, webgpuProvider } from "./device/provider.ts";

registerBackend(webgpuProvider);
