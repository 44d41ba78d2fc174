/**
 * Runs one bundled program in every engine that Kronograd supports: Node 22, 24 and 26, Deno, Bun, and a page of Chromium.
 *
 * The program calls `report(value)` once, with a value that JSON holds.
 */

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundlePage, pagesMissing, runPage } from "./page.ts";

const modules = join(import.meta.dirname, "node_modules");
const executables: Readonly<Record<string, readonly [file: string, ...flags: string[]]>> = {
  "Node 22": [join(modules, "node22/bin/node")],
  "Node 24": [process.execPath],
  "Node 26": [join(modules, "node26/bin/node")],
  Deno: [join(modules, ".bin/deno"), "run", "--allow-all", "--no-prompt", "--unstable-webgpu"],
  Bun: [join(modules, ".bin/bun"), "run"],
};

/** What wasm needs of a page's policy. */
const csp = "script-src 'self' 'wasm-unsafe-eval'";

/** Every engine by name, or why one is not here. */
export async function engines(): Promise<Readonly<Record<string, string | null>>> {
  const local = Object.entries(executables).map(([name, [file]]) => {
    return [name, existsSync(file) ? null : "run `npm run platforms` first"] as const;
  });
  return Object.fromEntries([...local, ["Chromium", await pagesMissing()]]);
}

/** A program for all engines, with the worker's program that it needs beside it for more than one thread. */
export interface Program {
  readonly program: string;
  /** null: it is not brought along. */
  readonly worker: string | null;
}

/** Bundle a program from the sources of this repository. @param text  TypeScript that imports by package name */
export async function bundleProgram(text: string): Promise<Program> {
  const [program, worker] = await Promise.all([
    bundlePage({ text }),
    bundlePage({ text: 'import "@kronograd/backend-wasm/worker";' }),
  ]);
  return { program, worker };
}

/** Run a program in an engine. @throws {Error} with what the engine said, when it fails or says nothing for so many seconds */
export async function runIn<T>(engine: string, { program, worker }: Program, seconds = 120): Promise<T> {
  if (engine === "Chromium") {
    const files = worker === null ? {} : { "/worker.js": worker };
    const { value, violations } = await runPage<T>(program, { csp, isolated: true, files });
    if (violations.length > 0) throw new Error(`the policy was violated: ${violations.join(", ")}`);
    return value;
  }
  const [file, ...flags] = executables[engine]!;
  const folder = mkdtempSync(join(tmpdir(), "kronograd-engine-"));
  try {
    const report = "globalThis.report = (value) => console.log(JSON.stringify(value));\n";
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "program.js"), report + program);
    if (worker !== null) writeFileSync(join(folder, "worker.js"), worker);
    const options = {
      timeout: 1000 * seconds,
      maxBuffer: 2 ** 26,
      env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    };
    const { stdout } = await promisify(execFile)(file, [...flags, join(folder, "program.js")], options);
    return JSON.parse(stdout.trim().split("\n").at(-1)!) as T;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
