/** A table that is redrawn in place, at most 20 times a second. */

import { columns } from "@kronograd/figures";
import { percent, seconds } from "@kronograd/figures/format";
import type { RunEvent } from "@kronograd/train";
import picocolors from "picocolors";
import { type Live, type LiveRival, msPerStep, phaseShares } from "./live.ts";
import type { Output, Renderer, Scene } from "./renderer.ts";
import { bar, clock, figure, fit, sparkline, timeLeft } from "./text.ts";

const frame = 1000 / 20; // milliseconds
const barWidth = 24;
const sparkWidth = 12;

/** Make a renderer for a terminal. */
export function richRenderer(scene: Scene, out: Output, color = picocolors.isColorSupported): Renderer {
  const paint = picocolors.createColors(color);
  const started = performance.now();
  let live: Live | undefined;
  let seed = 0;
  let active: string | undefined;
  let drawn = 0; // lines on the screen that will be replaced
  let drawnAt = Number.NEGATIVE_INFINITY;

  const clear = () => {
    if (drawn > 0) out.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  const draw = () => {
    if (live === undefined) return;
    const width = out.columns || 100; // some terminals say 0
    const lines = [title(), ...table(live, scene, paint), ...phaseLine()].map((line) => fit(line, width - 1));
    clear();
    out.write(lines.map((line) => `${line}\n`).join(""));
    drawn = lines.length;
    drawnAt = performance.now();
  };

  const title = () => {
    const { rivals, seeds, limit } = scene;
    const running = live?.rivals.reduce((sum, { step }) => sum + step, 0) ?? 0;
    const done = Math.max(0, seeds.indexOf(seed)) * limit * rivals.length + running;
    const total = limit * rivals.length * seeds.length;
    const step = Math.max(...(live?.rivals.map((rival) => rival.step) ?? [0]));
    const elapsed = (performance.now() - started) / 1000;
    const rest = timeLeft(done, total, elapsed);
    const progress = Number.isFinite(limit)
      ? `step ${step}/${limit} ${paint.green(bar(done / total, barWidth))} ${rest === undefined ? "" : clock(rest)}`
      : `step ${step}  ${clock(elapsed)}`;
    const which = seeds.length > 1 ? `seed ${seed} (${seeds.indexOf(seed) + 1} of ${seeds.length})` : `seed ${seed}`;
    return `${paint.bold(scene.word)}  ${scene.title} · ${which}   ${progress}`;
  };
  const phaseLine = () => {
    const rival = live?.rivals.find(({ name }) => name === active);
    const shares = rival === undefined ? [] : phaseShares(rival);
    if (rival === undefined || shares.length === 0) return [];
    const text = shares.map(([phase, share]) => `${phase} ${Math.round(100 * share)}%`).join(" · ");
    return [paint.dim(`  time in ${rival.name}: ${text}`)];
  };

  return {
    begin(next, nextSeed) {
      live = next;
      seed = nextSeed;
    },
    event(event: RunEvent) {
      active = event.rival ?? active;
      if (event.type === "notice") this.say(event.text);
      if (event.type === "skipped" && event.inARow === 1)
        this.say(paint.yellow(`${event.rival}: step ${event.step} skipped: ${event.what}`));
      const isBegun = live?.rivals.some(({ step }) => step > 0) ?? false;
      if (isBegun && performance.now() - drawnAt >= frame) draw();
    },
    say(line) {
      clear();
      out.write(`${line}\n`);
      if (live?.rivals.some(({ step }) => step > 0)) draw();
    },
    end() {
      draw();
    },
  };
}

type Paint = ReturnType<typeof picocolors.createColors>;

function table({ rivals }: Live, { target }: Scene, paint: Paint): string[] {
  const hasDamping = rivals.some(({ damping }) => damping !== undefined);
  const hasAccuracy = rivals.some(({ accuracy }) => accuracy !== undefined);
  const head = [
    "",
    "loss",
    "eval",
    ...(hasAccuracy ? ["acc"] : []),
    "ms/step",
    "seconds",
    `to ${target}`,
    ...(hasDamping ? ["damping"] : []),
    "",
  ];
  const rows = rivals.map((rival) => [
    nameOf(rival, paint),
    figure(rival.loss),
    figure(rival.evalLoss),
    ...(hasAccuracy ? [rival.accuracy === undefined ? "–" : percent(rival.accuracy)] : []),
    figure(msPerStep(rival), 3),
    figure(rival.seconds, 3),
    rival.reached === undefined ? "–" : `${rival.reached.step} steps ${seconds(rival.reached.seconds)}`,
    ...(hasDamping ? [figure(rival.damping)] : []),
    paint.cyan(sparkline(rival.losses, sparkWidth)),
  ]);
  const [first = "", ...rest] = columns([head, ...rows]);
  return [paint.dim(`  ${first}`), ...rest.map((line) => `  ${line}`)];
}

function nameOf({ name, end }: LiveRival, paint: Paint): string {
  if (end === "diverged") return paint.red(`${name} ×`);
  return end === "done" ? paint.green(name) : name;
}
