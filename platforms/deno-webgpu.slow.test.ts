/** WebGPU by another implementation than Chromium's: Deno's, which is wgpu. */

import { expect, it } from "vitest";
import { bundleProgram, engines, runIn } from "./engines.ts";
import { useSoftwareGpu } from "./software-gpu.ts";

useSoftwareGpu();

const missing = (await engines()).Deno ?? null;
if (missing !== null) {
  if (process.env.CI === "true") throw new Error(`Deno cannot run: ${missing}`);
  console.warn(`WebGPU in Deno is left out: ${missing}`);
}

interface Run {
  readonly adapter: string;
  readonly losses: readonly number[];
}

const minutes = 60_000;

/** LeNet for ten steps on a strict device, where nothing may fall back to the host. */
const program = (backend: string, optimizer: string) =>
  bundleProgram(`
  import "@kronograd/backend-webgpu";
  import { valueAndGrad } from "@kronograd/autograd";
  import { leNet, parameters, softmaxCrossEntropy } from "@kronograd/layers";
  import { adam, kfac, sgd, skfac } from "@kronograd/optimizers";
  import { createDevice, Rng, retain, scope, tensor } from "@kronograd/tensor";

  const device = await createDevice("${backend}", { strict: ${backend !== "cpu"} });
  const model = leNet({ size: 12, classes: 3, device, rng: new Rng(0) });
  const rng = new Rng(1);
  const values = Float32Array.from({ length: 16 * 144 }, () => rng.uniform());
  const x = tensor(values, { shape: [16, 1, 12, 12], device });
  const targets = tensor(Int32Array.from({ length: 16 }, (_, i) => i % 3), { device });
  const optimizer = ${optimizer};
  const trained = parameters(model);
  const kept = [];
  for (let step = 0; step < 10; step++) {
    scope(() => {
      const mode = { training: true, rng: new Rng(step), commit() {} };
      const problem = { outputs: () => model.forward(x, mode), loss: softmaxCrossEntropy(), targets };
      const { value, gradients, records } = valueAndGrad(problem, trained, { capture: optimizer.needs(step) });
      kept.push(retain(value));
      optimizer.apply(trained, optimizer.update(gradients, { parameters: trained, records, step }), step);
    });
  }
  const losses = [];
  for (const value of kept) losses.push((await value.data())[0]);
  report({ adapter: device.adapter, losses });
`);

it
  .skipIf(missing !== null)
  .each([
    "sgd({ learningRate: 0.05, momentum: 0.9 })",
    "adam({ learningRate: 0.003 })",
    "kfac({ learningRate: 0.02 })",
    "skfac({ learningRate: 0.02 })",
  ])(
  "trains LeNet as cpu does, ten steps: %s",
  async (optimizer) => {
    const { adapter, losses } = await runIn<Run>("Deno", await program("webgpu", optimizer));
    const expected = await runIn<Run>("Deno", await program("cpu", optimizer));
    console.log(`${adapter}: ${losses.join(" ")}`);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    for (const [i, loss] of losses.entries()) {
      expect(Math.abs(loss - expected.losses[i]!)).toBeLessThan(1e-3 * expected.losses[0]!);
    }
  },
  3 * minutes,
);

it.skipIf(missing !== null)(
  "refines an inverse to the rounding of its elements, so its compiler too leaves the compensated sums alone",
  async () => {
    const program = await bundleProgram(`
  import "@kronograd/backend-webgpu";
  import { dampedInverse } from "@kronograd/linalg";
  import { createDevice, tensor } from "@kronograd/tensor";

  const n = 64;
  const A = Float32Array.from({ length: n * n }, (_, at) => Math.exp(-((Math.floor(at / n) - (at % n)) ** 2) / 8));
  const damping = 2 ** -8; // a condition number of 1300
  const device = await createDevice("webgpu");
  const X = await dampedInverse(tensor(A, { shape: [n, n], device }), damping).data();
  const exact = await dampedInverse(tensor(Float64Array.from(A), { shape: [n, n] }), damping).data();
  report(Math.hypot(...X.map((x, at) => x - exact[at])) / Math.hypot(...exact));
`);
    expect(await runIn<number>("Deno", program)).toBeLessThan(2 ** -24); // 1.5e-5 without the step, 7e-6 with a plain residual
  },
  3 * minutes,
);
