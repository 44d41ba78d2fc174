/** Where gpu.js runs: a page whose browser draws into float textures by WebGL2, and that brought the package along. */

import { BackendError, type BackendProvider, type DeviceOptions } from "@kronograd/tensor";
import { isSoftware } from "@kronograd/tensor/kernel";
import { GpujsBackend } from "../backend.ts";
import { type GpujsModule, loadGpujs } from "./gpujs.ts";
import { rendererOf } from "./renderer.ts";

/** The renderer, or the reason why there is none. */
function findRenderer(): { renderer: string } | { reason: string } {
  const scope = globalThis as { document?: Document; OffscreenCanvas?: typeof OffscreenCanvas };
  if (scope.document === undefined && scope.OffscreenCanvas === undefined) {
    return { reason: "there is no WebGL2 outside of a browser's page or worker" };
  }
  const canvas = scope.document?.createElement("canvas") ?? new OffscreenCanvas(1, 1);
  const gl = canvas.getContext("webgl2") as WebGL2RenderingContext | null;
  if (gl === null) return { reason: "this browser gives no WebGL2 context" };
  const found = gl.getExtension("EXT_color_buffer_float") !== null;
  const renderer = rendererOf(gl);
  gl.getExtension("WEBGL_lose_context")?.loseContext(); // browsers allow few contexts
  return found ? { renderer } : { reason: `${renderer} cannot draw into float textures (EXT_color_buffer_float)` };
}

async function open(): Promise<GpujsModule | string> {
  const found = findRenderer();
  if ("reason" in found) return found.reason;
  return loadGpujs();
}

/** How `createDevice` finds and opens it. */
export const gpujsProvider: BackendProvider = {
  name: "gpujs",
  priority: 15,
  async unavailable() {
    const module = await open();
    return typeof module === "string" ? module : null;
  },
  passedOver() {
    const found = findRenderer();
    return "renderer" in found && isSoftware(found.renderer) ? `its renderer is software (${found.renderer})` : null;
  },
  async create(_options: DeviceOptions) {
    const module = await open();
    if (typeof module === "string") throw new BackendError({ where: "gpujs", problem: module, help: 'Use "auto".' });
    const gpu = new module.GPU({ mode: "webgl2" });
    return new GpujsBackend(gpu);
  },
};
