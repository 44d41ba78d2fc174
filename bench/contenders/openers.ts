/** Every contender by name, and how to open it. */

import { join } from "node:path";
import { BackendError, createDevice, type DeviceOptions } from "@kronograd/tensor";
import "@kronograd/backend-wasm";
import "@kronograd/backend-webgpu";
import type { Contender, Openers } from "../contender.ts";
import { gpuCopy, gpuFmaPeak, provideGpu } from "./gpu.ts";
import { jaxJs } from "./jax.ts";
import { fmaPeak, memcpy } from "./machine.ts";
import { openBlas } from "./openblas.ts";
import { ownContender } from "./own.ts";
import { remote } from "./remote.ts";
import { tfjs } from "./tfjs.ts";

const oneThread = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
const pytorch = join(import.meta.dirname, "../rivals/pytorch.py");
const python = process.env.PYTHON ?? "/usr/bin/python3"; // Debian's, whose python3-torch it is

/** The contenders of a run whose own device is `backend`. */
export function openers(backend: string): Openers {
  const served = (name: string, contender: string, env = {}) =>
    remote(name, {
      file: process.execPath,
      args: ["--conditions=@kronograd/source", join(import.meta.dirname, "serve.ts"), contender, backend],
      env,
    });
  return {
    own: () => own("own", backend, {}),
    "own, 2 threads": () => own("own, 2 threads", backend, { threads: 2 }),
    "own, revectorized": () => served("own, revectorized", "revectorized"), // the engine's flag holds for a whole process
    revectorized: () => own("own, revectorized", backend, { fast: "revectorize" }),
    "fma peak": fmaPeak,
    memcpy,
    "own webgpu": () => own("own webgpu", "webgpu", {}),
    "own wasm": () => own("own wasm", "wasm", {}),
    "gpu copy": gpuCopy,
    "gpu fma peak": gpuFmaPeak,
    "tfjs-webgpu": async () => (await provideGpu()) ?? tfjs("webgpu"),
    "tfjs-wasm": () => tfjs("wasm"),
    "tfjs-cpu": () => tfjs("cpu"),
    "jax-js": () => jaxJs("wasm"),
    "jax-js-webgpu": async () => (await provideGpu()) ?? jaxJs("webgpu"),
    openblas: () => openBlas(1),
    "openblas, 2 threads": () => openBlas(2),
    "openblas avx2": () => served("openblas avx2", "openblas", { ...oneThread, OPENBLAS_CORETYPE: "Haswell" }),
    pytorch: () => remote("pytorch", { file: python, args: [pytorch], env: oneThread }),
    "pytorch cuda": () => remote("pytorch cuda", { file: python, args: [pytorch, "cuda"] }),
  };
}

/** Open a device of ours; where it lacks what was asked for, say what it has. */
async function own(name: string, backend: string, options: DeviceOptions): Promise<Contender | string> {
  const { threads, fast } = options;
  try {
    const device = await createDevice(backend, options);
    const { adapter } = device;
    const lacks =
      threads !== undefined && !adapter.includes(`${threads} threads`)
        ? `${threads} threads`
        : fast !== undefined && !adapter.includes("revector")
          ? fast
          : null;
    if (lacks === null) return ownContender(name, device, threads === undefined ? 0 : 20);
    device.backend.dispose?.();
    return `${backend} has no ${lacks} here: ${adapter}`;
  } catch (error) {
    if (error instanceof BackendError && name !== "own") return error.message;
    throw error;
  }
}
