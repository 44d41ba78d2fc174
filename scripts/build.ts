/** `npm run build`: builds every package, or those that turbo's arguments name, and tells nobody. */
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { root } from "./workspace.ts";

/** The environment of the repository's tools: found first, and without telemetry. */
export const env: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH}`,
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
};

if (import.meta.main) {
  const options = { cwd: root, env, stdio: "inherit", shell: process.platform === "win32" } as const;
  process.exitCode = spawnSync("turbo", ["run", "build", ...process.argv.slice(2)], options).status ?? 1;
}
