/** jax-js on its WebAssembly device. */

import { type Contender, timed } from "../contender.ts";
import { loadRival, versionOf } from "../rivals/install.ts";

// biome-ignore lint/suspicious/noExplicitAny: a package that may not be installed has no types here
type Jax = any;

export async function jaxJs(): Promise<Contender | string> {
  const jax = loadRival<Jax>("@jax-js/jax");
  if (typeof jax === "string") return jax;
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const { numpy } = jax;
  return {
    name: "jax-js",
    about: `jax-js ${versionOf("@jax-js/jax")}, wasm`,
    prepare(job) {
      if (job.kind !== "gemm" || job.float64 === true) return `is not set up for ${job.kind}`;
      const a = numpy.ones([job.m, job.k]);
      const b = numpy.ones([job.k, job.n]);
      return timed(
        () => numpy.matmul(a.ref, b.ref).dataSync(), // nothing runs before the data is asked for
        () => {
          a.dispose();
          b.dispose();
        },
      );
    },
  };
}
