#!/usr/bin/env node
// The kronograd command, from source: the repository's own Node, with workspace packages resolved to their src/.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const localNode = fileURLToPath(new URL("../../../node_modules/node/bin/node", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const node = existsSync(localNode) ? localNode : process.execPath;

process.on("SIGINT", () => {}); // the child decides what Ctrl-C means
const { status, signal } = spawnSync(node, ["--conditions=@kronograd/source", main, ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exitCode = status ?? (signal === "SIGINT" ? 130 : 1);
