/** Installs the rivals that are npm packages, into this folder, the first time they are asked for. */

import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const folder = import.meta.dirname;
const require = createRequire(import.meta.url);
let outcome: string | null | undefined;

/** Install what the lock file names, unless that was done. @returns null, or why it failed */
export function installRivals(): string | null {
  outcome ??= isInstalled() ? null : install();
  return outcome;
}

/** A rival's package, or why it is not there. */
export function loadRival<T>(name: string): T | string {
  const failure = installRivals();
  try {
    return require(name) as T;
  } catch (error) {
    return `not installed (${failure ?? (error as Error).message.split("\n", 1)[0]})`;
  }
}

/** The version that the manifest names. */
export function versionOf(name: string): string | undefined {
  const { dependencies } = require("./package.json") as { dependencies: Record<string, string> };
  return dependencies[name];
}

function isInstalled(): boolean {
  const done = join(folder, "node_modules/.package-lock.json");
  return existsSync(done) && statSync(done).mtimeMs >= statSync(join(folder, "package-lock.json")).mtimeMs;
}

function install(): string | null {
  process.stderr.write("bench: installing rivals into bench/rivals (once)\n");
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")); // of the run that started us
  const { status, error, stderr } = spawnSync("npm", ["ci"], {
    cwd: folder,
    env: Object.fromEntries(inherited),
    encoding: "utf8",
    shell: process.platform === "win32",
    timeout: 300_000,
  });
  if (status === 0) return null;
  const said = stderr?.split("\n").find((line) => line.startsWith("npm error"));
  return `npm ci failed: ${error?.message ?? said ?? `exit ${status}`}`;
}
