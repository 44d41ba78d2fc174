/** Where a GPU comes from: the browser's or Deno's own, or Dawn (the npm package `webgpu`) in Node. */

import { BackendError, type BackendProvider, type DeviceOptions } from "@kronograd/tensor";
import { isSoftware } from "@kronograd/tensor/kernel";
import { type OpenedGpu, WebGpuBackend } from "../backend.ts";

/** An adapter that is a program on the processor. */
export const isProgram = (info: GPUAdapterInfo): boolean => info.isFallbackAdapter || isSoftware(nameOf(info));

/** What an adapter calls itself. */
export function nameOf({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const words = [description, vendor, architecture, device].filter((word) => word !== "");
  return [...new Set(words)].join(", ") || "an adapter that does not name itself";
}

const holder: { gpu?: GPU } = {};

/** The way to adapters here, or the reason why there is none. */
async function findGpu(): Promise<GPU | string> {
  const own = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (own !== undefined) return own;
  if (holder.gpu !== undefined) return holder.gpu;
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (process?.versions?.node === undefined) {
    return "this browser has no WebGPU (navigator.gpu is missing); it needs a secure page (https or localhost)";
  }
  try {
    const name = "webgpu"; // not a literal in the import, so that bundlers of pages do not look for it
    const dawn = (await import(/* @vite-ignore */ name)) as { create(options: string[]): GPU; globals: object };
    Object.assign(globalThis, dawn.globals);
    holder.gpu = dawn.create([]); // must stay referenced, else the process aborts when it is collected
    return holder.gpu;
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") {
      return `the package "webgpu" does not load: ${(error as Error).message}`;
    }
    return 'Node has no WebGPU of its own, and the optional package "webgpu" is not installed (npm install webgpu)';
  }
}

async function findAdapter(): Promise<GPUAdapter | string> {
  const gpu = await findGpu();
  if (typeof gpu === "string") return gpu;
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  return adapter ?? "no adapter: there is no GPU that WebGPU can use, or its driver is blocked";
}

/**
 * Open a GPU with the default limits, and larger buffers where the adapter has them.
 *
 * @throws {BackendError} there is no adapter, or it gives no device
 */
export async function openGpu(): Promise<OpenedGpu> {
  const adapter = await findAdapter();
  if (typeof adapter === "string") throw new BackendError({ where: "webgpu", problem: adapter, help: 'Use "auto".' });
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
  const name = nameOf(adapter.info);
  return { device, adapter: isProgram(adapter.info) ? `${name} (software)` : name };
}

/** How `createDevice` finds and opens it. */
export const webgpuProvider: BackendProvider = {
  name: "webgpu",
  priority: 20,
  async unavailable() {
    const adapter = await findAdapter();
    return typeof adapter === "string" ? adapter : null;
  },
  async passedOver() {
    const adapter = await findAdapter();
    return typeof adapter !== "string" && isProgram(adapter.info)
      ? `its adapter is software (${nameOf(adapter.info)})`
      : null;
  },
  create: async (options: DeviceOptions) => new WebGpuBackend(await openGpu(), options),
};
