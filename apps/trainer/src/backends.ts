/** The backends that the command can use; every device is opened through here. Those that few need are packages of their own. */

import { BackendError, type BackendState, type Device, type DeviceOptions } from "@kronograd/tensor";
import { listBackends as listOwn, createDevice as open } from "kronograd";

/** Backends that kronograd does not bring along, and what brings them. */
const optional: Readonly<Record<string, { readonly name: string; readonly install: string }>> = {
  gpujs: { name: "@kronograd/backend-gpujs", install: "npm install @kronograd/backend-gpujs gpu.js" },
};

/** Import an optional package, which registers its backend; why it cannot be, or null. */
async function missing(backend: string): Promise<string | null> {
  const wanted = optional[backend];
  if (wanted === undefined) return null;
  try {
    await import(wanted.name);
    return null;
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw error;
    return `the package "${wanted.name}", or what it needs, is not installed (${wanted.install})`;
  }
}

/**
 * Open a device.
 *
 * @throws {UsageError | BackendError} there is no such backend; it is not installed, or cannot run here
 */
export async function createDevice(name: string, options: DeviceOptions): Promise<Device> {
  const problem = await missing(name);
  if (problem === null) return open(name, options);
  throw new BackendError({ where: name, problem, help: 'Install it, or use --backend "auto".' });
}

/** Every backend, in the order in which "auto" tries them, and what speaks against each here. */
export async function listBackends(): Promise<BackendState[]> {
  const registered = await listOwn();
  const others = Object.keys(optional).filter((name) => !registered.some((state) => state.name === name));
  const absent = others.map(async (name) => {
    const problem = await missing(name);
    return { name, unavailable: problem, passedOver: problem === null ? "it is taken by name only" : null };
  });
  return [...registered, ...(await Promise.all(absent))];
}
