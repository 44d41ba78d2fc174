/** jax-js on its WebAssembly device, or its WebGPU device. */

import { type Contender, timed, timedUntil } from "../contender.ts";
import { loadRival, versionOf } from "../rivals/install.ts";

// biome-ignore lint/suspicious/noExplicitAny: a package that may not be installed has no types here
type Jax = any;

export async function jaxJs(device: "wasm" | "webgpu"): Promise<Contender | string> {
  const jax = loadRival<Jax>("@jax-js/jax");
  if (typeof jax === "string") return jax;
  const found = (await jax.init(device)) as readonly string[];
  if (!found.includes(device)) return `finds no ${device}`;
  jax.defaultDevice(device);
  const { numpy } = jax;
  return {
    name: device === "wasm" ? "jax-js" : `jax-js-${device}`,
    about: `jax-js ${versionOf("@jax-js/jax")}, ${device}`,
    prepare(job) {
      if (job.kind !== "gemm" || job.float64 === true) return `is not set up for ${job.kind}`;
      const a = numpy.ones([job.m, job.k]);
      const b = numpy.ones([job.k, job.n]);
      const release = () => {
        a.dispose();
        b.dispose();
      };
      const product = () => numpy.matmul(a.ref, b.ref);
      if (device === "wasm") return timed(() => product().dataSync(), release); // nothing runs before the data is asked for
      let last: Promise<unknown> = Promise.resolve();
      const enqueue = () => {
        last = jax.blockUntilReady(product()).then((made: Jax) => made.dispose());
      };
      return timedUntil(() => last, enqueue, release);
    },
  };
}
