/** Devices of the umbrella: backends that are packages of their own are loaded when they are first wanted. */

import { type Device, type DeviceOptions, createDevice as openDevice } from "@kronograd/tensor";

/**
 * Open a device.
 *
 * "auto" takes the fastest backend that can run here, and a backend asked for by name never turns into another.
 *
 * @param name  "auto", "cpu", "wasm", "webgpu", or the name of a backend that was registered
 * @throws {UsageError}    no backend of that name is registered
 * @throws {BackendError}  it is registered but cannot run here; the message gives the reason
 * @example
 * const device = await createDevice("auto");
 * console.log(device.kind, device.adapter, device.why);
 */
export async function createDevice(name = "auto", options: DeviceOptions = {}): Promise<Device> {
  if (name === "auto" || name === "wasm") await import("@kronograd/backend-wasm");
  if (name === "webgpu") await import("@kronograd/backend-webgpu");
  return openDevice(name, options);
}
