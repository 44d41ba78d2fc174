/**
 * What every kernel costs once: for each op and float type that the backend has a kernel for, the first call's time less the
 * second's, on tiny inputs. That is the writing of its module and the engine's compilation, of wasm and of the JavaScript that
 * writes and calls it.
 */

import "@kronograd/backend-wasm";
import "@kronograd/layers";
import "@kronograd/linalg";
import "@kronograd/optimizers";
import { createDevice, dispatch, opRegistry, Rng, sampleOf, scope } from "@kronograd/tensor";
import { drawInputs } from "@kronograd/testkit";

export async function measure(backend: string): Promise<Record<string, number>> {
  const device = await createDevice(backend);
  const { kernels } = device.backend;
  let total = 0;
  for (const op of opRegistry.values()) {
    const family = "family" in op ? op.family : undefined;
    if ("view" in op || (!kernels.has(op.name) && (family === undefined || !kernels.has(family)))) continue;
    for (const dtype of ["float32", "float64"] as const) {
      const rng = new Rng(0).fork(op.name);
      const sample = sampleOf(op, rng);
      scope(() => {
        const inputs = drawInputs(sample, rng, { dtype, device, layouts: "contiguous" });
        const time = () => {
          const start = performance.now();
          dispatch(op, inputs, sample.params);
          return performance.now() - start;
        };
        const calls = () => device.coverage.get(op.name)?.kernel ?? 0;
        const before = calls();
        const first = time();
        if (calls() > before) total += Math.max(0, first - time()); // else it ran the reference
      });
    }
  }
  return { "emit and compile all kernels": total };
}
