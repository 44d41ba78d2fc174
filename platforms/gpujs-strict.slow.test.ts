/** `fit` on a strict device of gpu.js, where nothing may fall back to the host: a page of Chromium, WebGL2 by SwiftShader. */

import { describe, expect, it } from "vitest";
import { bundlePage, pagesRun, runPage } from "./page.ts";
import { rows } from "./rows.ts";

const minutes = 60_000;
const steps = 2000;

interface Answer {
  readonly losses: number[];
  /** How often each op ran a kernel. */
  readonly kernels: Readonly<Record<string, number>>;
  /** Textures after the first and before the last 100 steps. */
  readonly textures: readonly [early: number, late: number];
  /** Tensors that are left. */
  readonly tensors: number;
}

/** A dense net on images of 12 × 12 with a bright row in the third of the picture that is their class. */
const program = (optimizer: string) => `
import { gpujsProvider } from "@kronograd/backend-gpujs";
import * as k from "kronograd";
${rows}
const backend = await gpujsProvider.create({});
const device = new k.Device(backend, { strict: true });
const model = k.mlp([144, 16, 3], { device, rng: new k.Rng(0) });
const losses = [];
const textures = [];
{
  using optimizer = ${optimizer};
  const run = k.fit({ model, loss: k.softmaxCrossEntropy(), data, optimizer, batch: 8, steps: ${steps},
    evaluateEvery: ${steps}, rng: new k.Rng(0) });
  for await (const event of run) {
    if (event.type !== "step") continue;
    losses.push(event.loss);
    if (event.step === 100 || event.step === ${steps - 100}) textures.push(backend.counts.textures);
  }
}
for (const t of Object.values(k.parameters(model))) t.dispose();
const kernels = Object.fromEntries([...device.coverage].map(([name, { kernel }]) => [name, kernel]));
report({ losses, kernels, textures, tensors: device.memory.buffers });
`;

describe.skipIf(!(await pagesRun()))("a strict device of gpujs in a page", () => {
  it.each([
    ["sgd({ learningRate: 0.05, momentum: 0.9 })", "weightedSum"],
    ["adam({ learningRate: 0.003 })", "adamUpdate"],
  ])(
    "trains a dense net for 2,000 steps and makes no texture after 100: %s",
    async (optimizer, rule) => {
      const bundle = await bundlePage({ text: program(`k.${optimizer}`) });
      const { value } = await runPage<Answer>(bundle, { csp: "script-src 'self'", seconds: 540 });
      const { losses, kernels, textures, tensors } = value;
      expect(losses).toHaveLength(steps);
      expect(losses.at(-1)).toBeLessThan(0.1 * losses[0]!);
      for (const op of ["linear", "softmaxCrossEntropyGrad", rule]) {
        expect(kernels[op], op).toBeGreaterThanOrEqual(steps); // a reference would have ended the run
      }
      expect([textures[1], tensors]).toEqual([textures[0], 0]);
    },
    10 * minutes,
  );
});
