/** What a browser would load, in kB of gzip: the rows of `npm run size` against the targets (its budgets only keep what was reached). */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { judgeLimit } from "../row.ts";
import type { Topic } from "./topic.ts";

interface Sizes {
  readonly packages: readonly { readonly name: string; readonly gzip?: number }[];
  readonly programs: readonly { readonly name: string; readonly gzip?: number }[];
}

export const size: Topic = {
  name: "size",
  about: "kB of gzip, minified",
  async *rows(run) {
    const { packages, programs } = measureSizes();
    for (const { name, gzip } of [...packages, ...programs]) {
      if (gzip !== undefined && run.wants(name))
        yield judgeLimit({ topic: "size", case: name, unit: "kB", ours: gzip });
    }
  },
};

function measureSizes(): Sizes {
  const script = join(import.meta.dirname, "../../scripts/size.ts");
  const { stdout, stderr } = spawnSync(process.execPath, [script, "--json"], { encoding: "utf8" });
  if (!stdout.startsWith("{")) throw new Error(`scripts/size.ts --json gave no sizes: ${stderr}`); // it exits 1 over a budget
  return JSON.parse(stdout) as Sizes;
}
