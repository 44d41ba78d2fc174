/**
 * A page that trains an MLP by its own script under a strict security policy, from minified bundles of esbuild and of Vite:
 * on webgpu and gpujs under script-src 'self', on wasm with 'wasm-unsafe-eval' added.
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { describe, expect, it } from "vitest";
import { bundlePage, pagesRun, runPage } from "./page.ts";

const root = join(import.meta.dirname, "..");
const tolerance = 1e-4; // of the first loss
const steps = 30;

/** Three clouds in 20 dimensions, and a run whose losses go to `report`. */
const program = (device: string) => `
import * as k from "kronograd";
async function losses(device) {
  const rng = new k.Rng(1);
  const part = (count) => {
    const targets = Int32Array.from({ length: count }, (_, i) => i % 3);
    const inputs = Float32Array.from({ length: count * 20 }, (_, i) =>
      rng.normal() + (i % 20 === targets[Math.floor(i / 20)] ? 3 : 0));
    return { inputs, targets };
  };
  const data = k.defineDataset({ name: "clouds", source: "made here", task: "classification", classes: 3,
    inputShape: [20], train: part(96), test: part(24) });
  const seen = [];
  const run = k.fit({ model: k.mlp([20, 16, 3], { device, rng: new k.Rng(0) }), loss: k.softmaxCrossEntropy(), data,
    optimizer: k.sgd({ learningRate: 0.1, momentum: 0.9 }), batch: 16, steps: ${steps}, evaluateEvery: ${steps}, rng });
  for await (const event of run) if (event.type === "step") seen.push(event.loss);
  return seen;
}
const device = await k.createDevice(${JSON.stringify(device)});
report({ kind: device.kind, there: await losses(device), own: await losses(k.cpu) });
`;

async function withVite(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kronograd-page-"));
  try {
    const entry = join(folder, "main.js");
    await writeFile(entry, text.replace('"kronograd"', JSON.stringify(join(root, "packages/kronograd/src/index.ts"))));
    const result = await build({
      root,
      configFile: false,
      logLevel: "error",
      resolve: { conditions: ["@kronograd/source", "module", "browser", "production"] },
      build: {
        write: false,
        minify: true,
        target: "es2022",
        modulePreload: false,
        rolldownOptions: { input: entry, output: { format: "es", codeSplitting: false } },
      },
    });
    const { output } = (Array.isArray(result) ? result[0] : result) as { output: { type: string; code?: string }[] };
    return output.find(({ type }) => type === "chunk")?.code ?? "";
  } finally {
    await rm(folder, { recursive: true });
  }
}

const bundlers: Readonly<Record<string, (text: string) => Promise<string>>> = {
  esbuild: (text) => bundlePage({ text }, { minify: true }),
  Vite: withVite,
};
const policies = [
  ["webgpu", "script-src 'self'"],
  ["gpujs", "script-src 'self'"],
  ["wasm", "script-src 'self' 'wasm-unsafe-eval'"],
] as const;

describe.skipIf(!(await pagesRun()))("a page that trains", () => {
  const cases = Object.keys(bundlers).flatMap((bundler) => policies.map((policy) => [bundler, ...policy] as const));

  it.each(cases)(
    "from a bundle of %s on %s under %s: the loss falls as on cpu, nothing is refused",
    async (bundler, name, csp) => {
      const bundle = await bundlers[bundler]!(program(name));
      const { value, violations } = await runPage<{ kind: string; there: number[]; own: number[] }>(bundle, { csp });
      const { kind, there, own } = value;
      expect([kind, violations]).toEqual([name, []]);
      expect(there).toHaveLength(steps);
      expect(there.at(-1)).toBeLessThan(0.3 * there[0]!);
      const apart = there.map((loss, i) => Math.abs(loss - own[i]!) / own[0]!);
      expect(Math.max(...apart)).toBeLessThan(tolerance);
    },
  );
});
