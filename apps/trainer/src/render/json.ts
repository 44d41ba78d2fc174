/** Every event as one line of JSON on stdout, for programs. */

import type { Output, Renderer } from "./renderer.ts";

/** Make a JSON renderer; notes still go to stderr. */
export function jsonRenderer(out: Output, notes: Output): Renderer {
  let seed = 0;
  return {
    begin(_, next) {
      seed = next;
    },
    event(event) {
      out.write(`${JSON.stringify({ seed, ...event })}\n`);
    },
    say(line) {
      notes.write(`${line}\n`);
    },
    end() {},
  };
}

/** Show nothing but what must be said. */
export function noneRenderer(): Renderer {
  return { begin() {}, event() {}, say() {}, end() {} };
}
