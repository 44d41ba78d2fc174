/** One line for each evaluation: for files, CI, and terminals without cursor or colour. */

import { percent } from "@kronograd/figures/format";
import type { RunEvent } from "@kronograd/train";
import { type Live, msPerStep } from "./live.ts";
import type { Output, Renderer, Scene } from "./renderer.ts";
import { clock, figure, timeLeft } from "./text.ts";

/** Make a plain renderer. */
export function plainRenderer(scene: Scene, out: Output): Renderer {
  const { rivals, seeds, limit } = scene;
  const width = Math.max(...rivals.map((name) => name.length));
  const started = performance.now();
  let live: Live | undefined;
  let seed = 0;
  const say = (line: string) => out.write(`${line}\n`);
  const left = () => {
    const running = live?.rivals.reduce((sum, { step }) => sum + step, 0) ?? 0;
    const done = Math.max(0, seeds.indexOf(seed)) * limit * rivals.length + running;
    const rest = timeLeft(done, limit * rivals.length * seeds.length, (performance.now() - started) / 1000);
    return rest === undefined ? "" : `  ${clock(rest)} left`;
  };
  return {
    say,
    begin(next, nextSeed) {
      live = next;
      seed = nextSeed;
      if (seeds.length > 1) say(`seed ${seed}`);
    },
    event(event: RunEvent) {
      if (event.type === "notice") say(event.text);
      if (event.type === "skipped" && event.inARow === 1)
        say(`${event.rival}  step ${event.step} skipped: ${event.what}`);
      if (event.type !== "eval" || event.split !== "test") return;
      const rival = live?.rivals.find(({ name }) => name === event.rival);
      if (rival === undefined) return;
      const ms = msPerStep(rival);
      const cells = [
        `${rival.name.padEnd(width)}  step ${String(event.step).padStart(String(limit).length)}${Number.isFinite(limit) ? `/${limit}` : ""}`,
        rival.loss === undefined ? "" : `loss ${figure(rival.loss)}`,
        `eval ${figure(event.loss)}`,
        rival.accuracy === undefined ? "" : `acc ${percent(rival.accuracy)}`,
        ms === undefined ? "" : `${figure(ms, 3)} ms/step`,
        event.step === 0 ? "" : `${figure(event.seconds, 3)} s`,
      ];
      say(cells.filter((cell) => cell !== "").join("  ") + (event.step === 0 ? "" : left()));
    },
    end() {},
  };
}
