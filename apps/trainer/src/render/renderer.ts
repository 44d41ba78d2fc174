/** What a renderer is. Progress goes to stderr; stdout is for results, so that a command can be piped. */

import type { RunEvent } from "@kronograd/train";
import type { Live } from "./live.ts";

/** What is run, for titles. */
export interface Scene {
  /** "race" or "train". */
  readonly word: string;
  /** "mnist · mlp:128,64". */
  readonly title: string;
  readonly rivals: readonly string[];
  readonly seeds: readonly number[];
  /** Steps of each run; infinite where they are not known. */
  readonly limit: number;
  /** The level that rivals are timed to, in words: "95 %". */
  readonly target: string;
}

/** Shows a race while it goes on. */
export interface Renderer {
  /** A seed begins: its rivals stand at the start. */
  begin(live: Live, seed: number): void;
  /** An event of the seed that is running; `live` has taken it in. */
  event(event: RunEvent): void;
  /** A line that stays. */
  say(line: string): void;
  /** No more events come. */
  end(): void;
}

/** Where text goes; a terminal, or a test's memory. */
export interface Output {
  write(text: string): unknown;
  readonly columns?: number;
}
