import { describe, expect, it } from "vitest";
import { bundleProgram, engines, runIn } from "./engines.ts";
import { runPage } from "./page.ts";

interface Run {
  readonly adapter: string;
  /** Of each step, as float32. */
  readonly losses: readonly number[];
}

/** LeNet for five steps with SKFAC, with one thread and with two. */
const program = await bundleProgram(`
  import "@kronograd/backend-wasm";
  import { valueAndGrad } from "@kronograd/autograd";
  import { leNet, parameters, softmaxCrossEntropy } from "@kronograd/layers";
  import { skfac } from "@kronograd/optimizers";
  import { createDevice, Rng, scope, tensor } from "@kronograd/tensor";

  async function train(threads) {
    const device = await createDevice("wasm", { threads });
    const model = leNet({ size: 28, device, rng: new Rng(0) });
    const batch = 32;
    const rng = new Rng(1);
    const values = Float32Array.from({ length: batch * 28 * 28 }, () => rng.uniform());
    const x = tensor(values, { shape: [batch, 1, 28, 28], device });
    const targets = tensor(Int32Array.from({ length: batch }, (_, i) => i % 10), { device });
    const optimizer = skfac({ learningRate: 0.05 });
    const trained = parameters(model);
    const losses = [];
    for (let step = 0; step < 5; step++) {
      scope(() => {
        const mode = { training: true, rng: new Rng(step), commit() {} };
        const problem = { outputs: () => model.forward(x, mode), loss: softmaxCrossEntropy(), targets };
        const { value, gradients, records } = valueAndGrad(problem, trained, { capture: optimizer.needs(step) });
        losses.push(value.dataSync()[0]);
        const directions = optimizer.update(gradients, { parameters: trained, records, step });
        optimizer.apply(trained, directions, step);
      });
    }
    return { adapter: device.adapter, losses };
  }
  report([await train(1), await train(2)]);
`);

const { program: opens } = await bundleProgram(`
  import "@kronograd/backend-wasm";
  import { createDevice } from "@kronograd/tensor";
  const { adapter } = await createDevice("wasm", { threads: 2 });
  report({ adapter });
`);

const found = await engines();
const here = Object.keys(found).filter((name) => found[name] === null);
const reference = await runIn<Run[]>("Node 24", program);
const [expected] = reference as [Run, Run];
/** What fused and separate roundings may differ by after five steps. */
const otherRoundings = 1e-3;

/** Not V8: a relaxed multiply-add is free to round otherwise there, and does after the first step. */
const roundsOtherwise = ["Bun"];

describe("training on wasm in every engine", () => {
  for (const [name, reason] of Object.entries(found)) {
    if (reason === null) continue;
    if (process.env.CI === "true") throw new Error(`${name} cannot run: ${reason}`);
    console.warn(`${name} is left out: ${reason}`);
  }

  it("lowers the loss with every step", () => {
    expect(expected.losses).toEqual(expected.losses.toSorted((a, b) => b - a));
    expect(expected.losses.at(-1)!).toBeLessThan(expected.losses[0]! - 0.1);
  });

  it.each(here)("gives one loss with one thread and with two: %s", async (name) => {
    const [one, two] = await runIn<[Run, Run]>(name, program);
    console.log(`${name}: ${one.adapter}; ${two.adapter}; ${one.losses.join(" ")}`);
    expect(two.adapter).toMatch(/2 threads$/);
    expect(two.losses).toEqual(one.losses);
    if (one.adapter === expected.adapter && !roundsOtherwise.includes(name))
      expect(one.losses).toEqual(expected.losses);
    for (const [i, loss] of one.losses.entries())
      expect(Math.abs(loss - expected.losses[i]!)).toBeLessThan(otherRoundings);
  });

  it.each(here)("has one thread and says so where the worker's program is missing: %s", async (name) => {
    const { adapter } = await runIn<Run>(name, { program: opens, worker: null });
    expect(adapter).toMatch(/one thread, not 2: ./);
  });

  it.skipIf(!here.includes("Chromium"))("has one thread and says so in a page that is not isolated", async () => {
    const { value } = await runPage<Run>(opens, { csp: "script-src 'self' 'wasm-unsafe-eval'" });
    expect(value.adapter).toMatch(/one thread, not 2: this page is not cross-origin isolated/);
  });
});
