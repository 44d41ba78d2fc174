/**
 * How large is it? Files, lines and the gzip of a minified bundle for each package, and the programs of size-budgets.json.
 *
 * Fails on a budget that is exceeded and on a file over the line limit. `--json` prints the same as data.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { entryFiles, isTest, root, sourceFiles, type Workspace, workspaces } from "./workspace.ts";

interface Budgets {
  readonly maxLines: number;
  /** kB of gzip for a package's own code, by package id. */
  readonly packages: Readonly<Record<string, number>>;
  readonly programs: readonly Program[];
}

interface Program {
  readonly name: string;
  readonly entry: string;
  /** Packages that are not counted, as the rest of the program has them anyway. */
  readonly without?: readonly string[];
  readonly gzip: number;
}

export interface Row {
  readonly name: string;
  readonly files?: number;
  readonly lines?: number;
  readonly median?: number;
  readonly max?: number;
  /** kB (1000 bytes). */
  readonly gzip?: number;
  readonly budget?: number;
}

/** Count the lines of a text; a final newline does not start another line. */
export const countLines = (text: string): number => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

/** Give the middle of a list of numbers, the mean of the two middle ones when there is no single one. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return Math.round((sorted[Math.floor(half)]! + sorted[Math.ceil(half) - 1]!) / 2);
}

/** Write rows as a table whose columns line up. */
export function table(rows: readonly Row[]): string {
  const cell = (value: number | undefined, digits = 0): string => (value === undefined ? "" : value.toFixed(digits));
  const lines = [
    ["", "files", "lines", "median", "max", "gzip kB", "budget"],
    ...rows.map((row) => [
      row.name,
      ...[row.files, row.lines, row.median, row.max].map((value) => cell(value)),
      cell(row.gzip, 1),
      cell(row.budget, 1),
    ]),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!);
  return lines.map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}

/** List what is over its budget. */
export function overBudget(rows: readonly Row[]): string[] {
  return rows
    .filter(({ gzip, budget }) => gzip !== undefined && budget !== undefined && gzip > budget)
    .map(({ name, gzip, budget }) => `${name}: ${gzip?.toFixed(1)} kB gzip, budget ${budget} kB`);
}

interface Bundling {
  /** Leave other packages out. */
  readonly own?: boolean;
  /** Leave these packages out. */
  readonly without?: readonly string[];
  /** Write it there. */
  readonly outfile?: string;
}

/** Bundle an entry as a browser would get it, minified. */
export async function bundle(entry: string, { own = false, without = [], outfile }: Bundling = {}) {
  const result = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    minify: true,
    ...(outfile === undefined ? {} : { outfile }),
    write: outfile !== undefined,
    format: "esm",
    target: "es2022",
    conditions: ["@kronograd/source"],
    external: ["node:*", ...without],
    packages: own ? "external" : "bundle",
    logLevel: "error",
  });
  return result.outputFiles?.[0]?.contents ?? new Uint8Array();
}

/** The gzip size of a bundle in kB. */
async function bundleSize(entry: string, bundling: Bundling): Promise<number> {
  return gzipSync(await bundle(entry, bundling), { level: 9 }).length / 1000;
}

async function packageRow(workspace: Workspace, budgets: Budgets): Promise<Row> {
  const counts = sourceFiles(workspace)
    .filter((file) => !isTest(file))
    .map((file) => countLines(readFileSync(join(root, file), "utf8")));
  const entry = workspace.folder.startsWith("packages/") ? entryFiles(workspace).get(".") : undefined;
  const budget = budgets.packages[workspace.id];
  return {
    name: workspace.id,
    files: counts.length,
    lines: counts.reduce((sum, count) => sum + count, 0),
    median: median(counts),
    max: Math.max(0, ...counts),
    ...(entry ? { gzip: await bundleSize(entry, { own: true }) } : {}),
    ...(budget === undefined ? {} : { budget }),
  };
}

async function main(): Promise<void> {
  const budgets = JSON.parse(readFileSync(join(root, "scripts/size-budgets.json"), "utf8")) as Budgets;
  const packages = await Promise.all(workspaces().map((workspace) => packageRow(workspace, budgets)));
  const programs: Row[] = [];
  for (const { name, entry, gzip, without = [] } of budgets.programs) {
    const exists = existsSync(join(root, entry));
    programs.push({ name, budget: gzip, ...(exists ? { gzip: await bundleSize(entry, { without }) } : {}) });
  }
  const long = workspaces()
    .flatMap((workspace) => sourceFiles(workspace))
    .map((file) => ({ file, lines: countLines(readFileSync(join(root, file), "utf8")) }))
    .filter(({ lines }) => lines > budgets.maxLines)
    .map(({ file, lines }) => `${file}:${lines}: ${lines} lines, limit ${budgets.maxLines}; one idea, one file`);

  const problems = [...overBudget([...packages, ...programs]), ...long];
  if (process.argv.includes("--json")) console.log(JSON.stringify({ packages, programs, problems }, null, 2));
  else console.log(`${table(packages)}\n\n${table(programs)}`);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
