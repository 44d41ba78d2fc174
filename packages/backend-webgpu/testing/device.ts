/**
 * The device of this package's slow tests: Dawn in Node on whatever adapter there is, which may be a program on the
 * processor (SwiftShader, as Debian's chromium brings it).
 */

import { existsSync } from "node:fs";
import { Device } from "@kronograd/tensor";
import { WebGpuBackend } from "../src/backend.ts";
import { openGpu, webgpuProvider } from "../src/device/provider.ts";

const swiftshader = "/usr/lib/chromium/vk_swiftshader_icd.json";
if (process.env.VK_ICD_FILENAMES === undefined && existsSync(swiftshader)) process.env.VK_ICD_FILENAMES = swiftshader;

/** Why there is no device here, or null. */
export const missing: string | null = await webgpuProvider.unavailable();
if (missing !== null) {
  const how = "npm run platforms, and apt-get install chromium libvulkan1";
  if (process.env.CI === "true") throw new Error(`webgpu tests cannot run: ${missing} (${how})`);
  console.warn(`webgpu tests are left out: ${missing} (${how})`);
}

/** Open a device of its own. */
export async function openDevice(): Promise<Device & { backend: WebGpuBackend }> {
  return new Device(new WebGpuBackend(await openGpu())) as Device & { backend: WebGpuBackend };
}
