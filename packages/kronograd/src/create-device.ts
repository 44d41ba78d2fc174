/** Devices of the umbrella: backends that are packages of their own are loaded when they are first wanted. */

import {
  type BackendState,
  type Device,
  type DeviceOptions,
  listBackends as listRegistered,
  createDevice as openDevice,
} from "@kronograd/tensor";

const loaders: Readonly<Record<string, () => Promise<unknown>>> = {
  gpujs: () => import("@kronograd/backend-gpujs"),
  wasm: () => import("@kronograd/backend-wasm"),
  webgpu: () => import("@kronograd/backend-webgpu"),
};

const loadAll = () => Promise.all(Object.values(loaders).map((load) => load()));

/**
 * Open a device.
 *
 * "auto" takes WebGPU on real hardware, else gpu.js where its package was imported and there is real hardware, else wasm, else
 * cpu. `device.why` has a line for each that it passed over. A backend asked for by name never turns into another.
 *
 * @param name  "auto", "cpu", "wasm", "gpujs", "webgpu", or the name of a backend that was registered
 * @throws {UsageError}    no backend of that name is registered
 * @throws {BackendError}  it is registered but cannot run here; the message gives the reason
 * @example
 * const device = await createDevice("auto");
 * console.log(device.kind, device.adapter, device.why);
 */
export async function createDevice(name = "auto", options: DeviceOptions = {}): Promise<Device> {
  if (name === "auto") await loadAll();
  else await loaders[name]?.();
  return openDevice(name, options);
}

/** Every backend that is registered or comes with this package, in the order in which "auto" tries them. */
export async function listBackends(): Promise<BackendState[]> {
  await loadAll();
  return listRegistered();
}
