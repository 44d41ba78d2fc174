/**
 * `npm run conformance:page -- DIR [--backend NAME] [--engine NAME] [--json]`: the conformance cases in a page of Chromium,
 * or in another engine that is not the Node of `npm run conformance` (Deno brings a WebGPU of its own), in float32.
 *
 * The page runs under the policy that the backend needs: `script-src 'self'`, and `'wasm-unsafe-eval'` for wasm alone.
 * Exit codes are those of `npm run conformance`.
 */

import { parseArgs } from "node:util";
import { type CaseOutcome, readFixtures } from "@kronograd/conformance";
import type { Plugin } from "esbuild";
import { engines, runIn } from "./engines.ts";
import { bundlePage, runPage } from "./page.ts";

interface Answer {
  readonly device: string;
  readonly outcomes: readonly CaseOutcome[];
}

const program = (backend: string, cases: string) => `
import { createDevice } from "kronograd";
import { runCases } from "@kronograd/conformance";
const cases = ${cases};
const device = await createDevice(${JSON.stringify(backend)});
const outcomes = [];
for await (const outcome of runCases(cases, { device, dtype: "float32" })) outcomes.push(outcome);
report({ device: device.toString(), outcomes });`;

/** The runner's file reader is bundled with it, and never called in a page. */
const withoutNode: Plugin = {
  name: "without-node",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: "node" }));
    onLoad({ filter: /.*/, namespace: "node" }, () => ({ contents: "module.exports = {}", loader: "js" }));
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: "string", default: "webgpu" },
    engine: { type: "string", default: "Chromium" },
    json: { type: "boolean", default: false },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  console.error("usage: npm run conformance:page -- DIR [--backend NAME] [--engine NAME] [--json]");
  process.exit(1);
}
const { backend, engine } = values;
const found = await engines();
const missing = engine in found ? found[engine] : `it is none of ${Object.keys(found).join(", ")}`;
if (missing !== null) {
  console.error(`${engine} cannot run here: ${missing}`);
  process.exit(4);
}
const cases = readFixtures(folder);
const hour = 3600;
const value = engine === "Chromium" ? await inPage() : await inEngine();
let failed = 0;
if (!values.json) console.log(`${cases.length} cases in ${engine}, on ${value.device}, in float32`);
for (const outcome of value.outcomes) {
  const { passed, file, name, op, error, reasons } = outcome;
  if (!passed) failed += 1;
  if (values.json) console.log(JSON.stringify(outcome));
  else console.log(`${passed ? "ok    " : "FAILED"} ${file}/${name} (${op}) ${error.toExponential(1)}`);
  if (!values.json) for (const reason of reasons) console.log(`       ${reason}`);
}
const summary = `${cases.length - failed} passed, ${failed} failed`;
console.log(values.json ? JSON.stringify({ passed: cases.length - failed, failed, summary }) : summary);
process.exitCode = failed === 0 ? 0 : 1;

async function inPage(): Promise<Answer> {
  const text = program(backend, `await (await fetch("/cases.json")).json()`);
  const csp = `script-src 'self'${backend === "wasm" ? " 'wasm-unsafe-eval'" : ""}`;
  const files = { "/cases.json": JSON.stringify(cases) };
  const bundle = await bundlePage({ text }, { plugins: [withoutNode] });
  return (await runPage<Answer>(bundle, { csp, files, seconds: hour })).value;
}

async function inEngine(): Promise<Answer> {
  const bundle = await bundlePage({ text: program(backend, JSON.stringify(cases)) }, { plugins: [withoutNode] });
  return runIn<Answer>(engine, { program: bundle, worker: null }, hour);
}
