import type { RunEvent } from "@kronograd/train";
import { describe, expect, it } from "vitest";
import { isRich } from "./choose.ts";
import { jsonRenderer } from "./json.ts";
import { Live } from "./live.ts";
import { plainRenderer } from "./plain.ts";
import type { Renderer, Scene } from "./renderer.ts";
import { richRenderer } from "./rich.ts";

const scene: Scene = {
  word: "race",
  title: "xor · mlp:4",
  rivals: ["sgd", "kfac"],
  seeds: [0],
  limit: 20,
  target: "90 %",
};

function memory(columns = 100) {
  const written: string[] = [];
  return { written, columns, write: (text: string) => written.push(text) };
}

const at = (step: number) => ({ step, examples: step, seconds: step / 100 });
const events: RunEvent[] = [
  { type: "eval", split: "test", rival: "sgd", ...at(0), loss: 0.7, metrics: { accuracy: 0.5 } },
  { type: "step", rival: "sgd", ...at(1), learningRate: 0.1, loss: 0.6, reported: {} },
  { type: "step", rival: "sgd", ...at(2), learningRate: 0.1, loss: 0.00012345, reported: { damping: 0.03 } },
  { type: "skipped", rival: "sgd", ...at(3), inARow: 1, total: 1, what: "loss is NaN" },
  { type: "skipped", rival: "sgd", ...at(4), inARow: 2, total: 2, what: "loss is NaN" },
  { type: "eval", split: "validation", rival: "sgd", ...at(4), loss: 0.01, metrics: { accuracy: 0.99 } },
  { type: "eval", split: "test", rival: "sgd", ...at(4), loss: 0.1, metrics: { accuracy: 0.95 } },
];

function play(renderer: Renderer): void {
  const live = new Live(scene.rivals, (_, accuracy = 0) => accuracy >= 0.9);
  renderer.begin(live, 0);
  for (const event of events) {
    live.update(event);
    renderer.event(event);
  }
  renderer.end();
}

describe("plainRenderer", () => {
  it("writes one line for each evaluation, and the first skipped step in a row, without cursor or colour", () => {
    const out = memory();
    play(plainRenderer(scene, out));
    expect(out.written).toEqual([
      "sgd   step  0/20  eval 0.7000  acc 50.00\u202F%\n",
      "sgd  step 3 skipped: loss is NaN\n",
      "sgd   step  4/20  loss 1.234e-4  eval 0.1000  acc 95.00\u202F%  10.0 ms/step  0.0400 s  0:00 left\n",
    ]);
  });

  it("counts without an end where the length is not known", () => {
    const out = memory();
    play(plainRenderer({ ...scene, limit: Number.POSITIVE_INFINITY }, out));
    expect(out.written.at(-1)).not.toMatch(/Infinity|left/);
  });
});

describe("richRenderer", () => {
  it("draws a table and replaces it", () => {
    const out = memory();
    play(richRenderer(scene, out, false));
    const last = out.written.at(-1) ?? "";
    expect(last).toMatch(/^race {2}xor · mlp:4 · seed 0 {3}step 4\/20 ━/);
    expect(last).toMatch(/sgd +1\.234e-4 +0\.1000 +95\.00.% +10\.0 +0\.0400 +4 steps 0\.0400.s +0\.03000 +█▁\n/);
    expect(last).toMatch(/kfac +– +– +– +– +0\.00 +– +–\n/);
    expect(out.written.some((text) => text.startsWith("\u001b["))).toBe(true);
  });

  it("redraws at most 20 times a second", () => {
    const out = memory();
    const renderer = richRenderer(scene, out, false);
    const live = new Live(scene.rivals, () => false);
    renderer.begin(live, 0);
    const started = performance.now();
    for (let step = 1; step <= 2000; step++) {
      const event: RunEvent = { type: "step", rival: "sgd", ...at(step), learningRate: 1, loss: 1, reported: {} };
      live.update(event);
      renderer.event(event);
    }
    const draws = out.written.filter((text) => text.startsWith("race")).length;
    expect(draws).toBeLessThanOrEqual(1 + (performance.now() - started) / 50);
  });

  it("keeps lines within the terminal", () => {
    const out = memory(40);
    play(richRenderer(scene, out, false));
    for (const line of (out.written.at(-1) ?? "").split("\n")) expect([...line].length).toBeLessThan(40);
  });
});

describe("jsonRenderer", () => {
  it("writes each event as a line, with its seed, and notes elsewhere", () => {
    const [out, notes] = [memory(), memory()];
    const renderer = jsonRenderer(out, notes);
    renderer.say("hello");
    play(renderer);
    expect(out.written.map((line) => JSON.parse(line))).toEqual(events.map((event) => ({ seed: 0, ...event })));
    expect(notes.written).toEqual(["hello\n"]);
  });
});

describe("isRich", () => {
  it("needs a terminal, and neither NO_COLOR nor CI", () => {
    expect(isRich(true, { TERM: "xterm" })).toBe(true);
    expect(isRich(false, {})).toBe(false);
    for (const env of [{ NO_COLOR: "1" }, { CI: "true" }, { TERM: "dumb" }]) expect(isRich(true, env)).toBe(false);
    expect(isRich(true, { NO_COLOR: "" })).toBe(true);
  });
});
