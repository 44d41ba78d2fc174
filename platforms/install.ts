/**
 * `npm run platforms`: installs what this folder's lock file names, and puts it where the packages look for it.
 *
 * They stay out of the repository's own `npm ci`, because most who clone it never need them.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

const folder = import.meta.dirname;

/** Package, and the workspace that takes it as an optional peer. */
const peers = [["webgpu", "backend-webgpu"]] as const;

const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")); // of the run that started us
const { status } = spawnSync("npm", ["ci", "--ignore-scripts"], {
  cwd: folder,
  env: Object.fromEntries(inherited),
  stdio: "inherit",
  shell: process.platform === "win32",
});
if (status !== 0) process.exit(status ?? 1);

for (const [name, workspace] of peers) {
  const link = join(folder, "../packages", workspace, "node_modules", name);
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { recursive: true, force: true });
  symlinkSync(join(folder, "node_modules", name), link, "junction");
}
console.log(`installed: ${peers.map(([name]) => name).join(", ")}`);
