/** WebGPU for slow tests in Node: whether there is an adapter, which may be a program on the processor (SwiftShader). */

import type { WebGpuBackend } from "@kronograd/backend-webgpu";
import { createDevice, type Device, type DeviceOptions, listBackends } from "kronograd";
import { missingGpu, useSoftwareGpu } from "../../../platforms/software-gpu.ts";

useSoftwareGpu();

/** Why there is no device here, or null. */
export const missing: string | null = missingGpu(
  (await listBackends()).find(({ name }) => name === "webgpu")?.unavailable ?? null,
);

/** A device with its backend's counts. */
export type WebGpuDevice = Device & { readonly backend: WebGpuBackend };

/** Open a device of its own. */
export async function openWebGpu(options: DeviceOptions = {}): Promise<WebGpuDevice> {
  return (await createDevice("webgpu", options)) as WebGpuDevice;
}
