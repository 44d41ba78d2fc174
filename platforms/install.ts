/**
 * `npm run platforms`: installs what this folder's lock file names, and puts it where the packages look for it.
 *
 * They stay out of the repository's own `npm ci`, because most who clone it never need them.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

const folder = import.meta.dirname;

/** Package, and the workspace that takes it as an optional peer. */
const peers = [
  ["webgpu", "backend-webgpu"],
  ["gpu.js", "backend-gpujs"],
] as const;

/** Other versions of Node; npm's package fetches the binary of this machine by its install script. */
const nodes = ["node22", "node26"] as const;

const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")); // of the run that started us
const env = Object.fromEntries(inherited);
const shell = process.platform === "win32";
const run = (command: string, args: readonly string[], cwd: string) => {
  const { status } = spawnSync(command, args, { cwd, env, stdio: "inherit", shell });
  if (status !== 0) process.exit(status ?? 1);
};

run("npm", ["ci", "--ignore-scripts"], folder);
for (const name of nodes) run(process.execPath, ["installArchSpecificPackage"], join(folder, "node_modules", name));
run(process.execPath, ["install.js"], join(folder, "node_modules/bun")); // puts the binary that the lock file names in place

for (const [name, workspace] of peers) {
  if (!existsSync(join(folder, "../packages", workspace))) continue;
  const link = join(folder, "../packages", workspace, "node_modules", name);
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { recursive: true, force: true });
  symlinkSync(join(folder, "node_modules", name), link, "junction");
}
console.log(`installed; ${peers.map(([name, workspace]) => `${name} for ${workspace}`).join(", ")}`);
