/** The place in a program that called into this package. */

/** The stack frame that called into this package; all frames where they lie in one file (a bundle). */
export function caller(): string {
  const engine = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = engine;
  engine.stackTraceLimit = 50;
  const frames = (new Error().stack ?? "")
    .split("\n")
    .slice(1)
    .map((frame) => frame.trim().replace(/^at /, ""));
  if (stackTraceLimit !== undefined) engine.stackTraceLimit = stackTraceLimit;
  const here = new URL("..", import.meta.url).pathname;
  const outside = (frame: string) => /:\d+/.test(frame) && (!frame.includes(here) || frame.includes(".test."));
  return frames.find(outside) ?? frames.join(" < ");
}
