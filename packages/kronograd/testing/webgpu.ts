/** WebGPU for slow tests in Node: whether there is an adapter, which may be a program on the processor (SwiftShader). */

import { existsSync } from "node:fs";
import type { WebGpuBackend } from "@kronograd/backend-webgpu";
import { createDevice, type Device, type DeviceOptions, listBackends } from "kronograd";

const swiftshader = "/usr/lib/chromium/vk_swiftshader_icd.json";
if (process.env.VK_ICD_FILENAMES === undefined && existsSync(swiftshader)) process.env.VK_ICD_FILENAMES = swiftshader;

/** Why there is no device here, or null. */
export const missing: string | null = (await listBackends()).find(({ name }) => name === "webgpu")?.unavailable ?? null;
if (missing !== null) {
  const how = "npm run platforms, and apt-get install chromium libvulkan1";
  if (process.env.CI === "true") throw new Error(`webgpu cannot be tested: ${missing} (${how})`);
  console.warn(`webgpu is not tested: ${missing} (${how})`);
}

/** A device with its backend's counts. */
export type WebGpuDevice = Device & { readonly backend: WebGpuBackend };

/** Open a device of its own. */
export async function openWebGpu(options: DeviceOptions = {}): Promise<WebGpuDevice> {
  return (await createDevice("webgpu", options)) as WebGpuDevice;
}
