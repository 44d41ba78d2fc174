/**
 * The device of this package's slow tests: Dawn in Node on whatever adapter there is, which may be a program on the
 * processor (SwiftShader, as Debian's chromium brings it).
 */

import { Device } from "@kronograd/tensor";
import { missingGpu, useSoftwareGpu } from "../../../platforms/software-gpu.ts";
import { WebGpuBackend } from "../src/backend.ts";
import { openGpu, webgpuProvider } from "../src/device/provider.ts";

useSoftwareGpu();

/** Why there is no device here, or null. */
export const missing: string | null = missingGpu(await webgpuProvider.unavailable());

/** Open a device of its own. */
export async function openDevice(): Promise<Device & { backend: WebGpuBackend }> {
  return new Device(new WebGpuBackend(await openGpu())) as Device & { backend: WebGpuBackend };
}
