/**
 * `npm run new <kind> <name>`: a source file and its sibling test, with the blanks marked.
 *
 * A kind is a folder of scripts/templates/; its files are copied with NAME (in paths) and {{name}}, {{camelName}},
 * {{PascalName}} (in texts) filled in, then the generated barrels are written again.
 */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generate } from "./gen-index.ts";
import { root } from "./workspace.ts";

/** Where the files of each kind go. */
export const targets: Readonly<Record<string, string>> = {
  elementwise: "packages/tensor/src/ops",
  op: "packages/tensor/src/ops",
  layer: "packages/layers/src/layers",
  loss: "packages/layers/src/losses",
  model: "packages/layers/src/models",
  "data-set": "packages/experiment/src/data",
  metric: "packages/train/src/metrics",
  transform: "packages/optimizers/src/transforms",
  optimizer: "packages/optimizers/src/catalog",
  curvature: "packages/optimizers/src/curvature",
  "model-wide": "packages/optimizers/src/curvature",
  backend: "packages/backend-NAME",
};

/** Tests that look at everything of a kind, beside the new thing's own; they find it by themselves. */
const suites: Readonly<Record<string, readonly string[]>> = {
  elementwise: ["op/suite"],
  op: ["op/suite"],
  optimizer: ["catalog", "optimizer/suite"],
  "data-set": ["catalogs/catalog"],
  metric: ["metric-catalog"],
};

const templates = join(import.meta.dirname, "templates");

/** Write the files of a new thing and return their paths; nothing is written when one of them exists. */
export function scaffold(kind: string, name: string, base = root): string[] {
  const target = targets[kind];
  if (target === undefined) throw new Error(`new: unknown kind "${kind}" (one of ${Object.keys(targets).join(", ")})`);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new Error(`new: "${name}" is not a file name in kebab-case (expected something like "batch-norm")`);
  }
  const files = globSync("**/*.txt", { cwd: join(templates, kind) }).map((template) => ({
    path: join(target, template.replace(/\.txt$/, "")).replaceAll("NAME", name),
    text: fill(readFileSync(join(templates, kind, template), "utf8"), name),
  }));
  const taken = files.find(({ path }) => existsSync(join(base, path)));
  if (taken) throw new Error(`new: ${taken.path} exists already`);
  for (const { path, text } of files) {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text);
  }
  return files.map(({ path }) => path).sort();
}

/** Put a kebab-case name into a template in its three spellings. */
export function fill(template: string, name: string): string {
  const pascal = name.replace(/(^|-)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase());
  const camel = pascal[0]!.toLowerCase() + pascal.slice(1);
  return template.replaceAll("{{name}}", name).replaceAll("{{camelName}}", camel).replaceAll("{{PascalName}}", pascal);
}

if (import.meta.main) {
  const [kind, name] = process.argv.slice(2);
  try {
    if (kind === undefined || name === undefined) {
      throw new Error(`usage: npm run new <${Object.keys(targets).join("|")}> <name>`);
    }
    const written = scaffold(kind, name);
    const sources = written.filter((path) => path.endsWith(".ts")); // how lines break depends on the name
    spawnSync("npx", ["biome", "check", "--write", ...sources], { cwd: root, shell: process.platform === "win32" });
    for (const path of [...written, ...generate({ check: false })]) console.log(`wrote ${path}`);
    console.log(`\nFill what is marked "blank", then: ${["npm test", name, ...(suites[kind] ?? [])].join(" ")}`);
    if (kind === "backend") console.log(`A new package: run npm install, so that others find it.`);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
