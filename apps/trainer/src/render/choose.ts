/** Which renderer fits where the output goes. */

import { jsonRenderer, noneRenderer } from "./json.ts";
import { plainRenderer } from "./plain.ts";
import type { Renderer, Scene } from "./renderer.ts";
import { richRenderer } from "./rich.ts";

/** Names of `--render`. */
export type RenderName = "auto" | "rich" | "plain" | "json" | "none";

/** Whether a terminal can be redrawn: not where NO_COLOR or CI is set, and not in a pipe. */
export function isRich(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTerminal && !env.NO_COLOR && !env.CI && env.TERM !== "dumb";
}

/** Make the renderer of a name; "auto" looks at the terminal. */
export function chooseRenderer(name: RenderName, scene: Scene): Renderer {
  const { stdout, stderr, env } = process;
  switch (name) {
    case "json":
      return jsonRenderer(stdout, stderr);
    case "none":
      return noneRenderer();
    case "rich":
      return richRenderer(scene, stderr);
    case "plain":
      return plainRenderer(scene, stderr);
    case "auto":
      return isRich(stderr.isTTY === true, env) ? richRenderer(scene, stderr) : plainRenderer(scene, stderr);
  }
}
