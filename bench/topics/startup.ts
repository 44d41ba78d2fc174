/** How long a program waits before its first step; each sample is a fresh process, as its code is compiled only once. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { median } from "@kronograd/figures";
import { build } from "esbuild";
import { judgeLimit } from "../row.ts";
import type { Topic } from "./topic.ts";

export const startup: Topic = {
  name: "startup",
  about: "in ms, in a fresh process: a bundled program, and the kernels one by one",
  async *rows(run) {
    const folder = mkdtempSync(join(tmpdir(), "kronograd-bench-"));
    try {
      const programs = [await bundle("first-step.ts", folder), join(sources, "kernels.ts")];
      for (const file of programs) {
        const taken = Array.from({ length: run.quick ? 3 : 11 }, () => runProgram(file, run.backend));
        for (const name of Object.keys(taken[0] ?? {})) {
          const ours = median(taken.map((one) => one[name] as number));
          if (run.wants(name)) yield judgeLimit({ topic: "startup", case: name, unit: "ms", ours });
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

const sources = join(import.meta.dirname, "../startup");

/** What a user's bundler would make of it. */
async function bundle(program: string, folder: string): Promise<string> {
  const outfile = join(folder, "program.mjs");
  await build({
    entryPoints: [join(sources, program)],
    outfile,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    conditions: ["@kronograd/source"],
    external: ["node:*"],
    logLevel: "error",
  });
  return outfile;
}

/** The program exports `measure(backend, start)`, which gives milliseconds by name. */
function runProgram(file: string, backend: string): Record<string, number> {
  const script = `const start = performance.now();
    const { measure } = await import(${JSON.stringify(pathToFileURL(file).href)});
    console.log(JSON.stringify(await measure(${JSON.stringify(backend)}, start)));`;
  const child = spawnSync(
    process.execPath,
    ["--conditions=@kronograd/source", "--input-type=module", "--eval", script],
    {
      encoding: "utf8",
    },
  );
  if (child.status !== 0) throw new Error(`${file} failed: ${child.stderr}`);
  return JSON.parse(child.stdout) as Record<string, number>;
}
