/** Contenders that are always here: this project on `cpu`, the machine, and one in a process of its own. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cpu } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import type { Contender, Turn } from "../contender.ts";
import type { Job } from "../job.ts";
import { fmaPeak, memcpy, peakModule } from "./machine.ts";
import { optimizerFor, periodOf, Steps, Trainer } from "./nets.ts";
import { openers } from "./openers.ts";
import { ownContender } from "./own.ts";
import { remote } from "./remote.ts";

const jobs: readonly Job[] = [
  { kind: "gemm", m: 4, n: 5, k: 6 },
  { kind: "gemm", m: 4, n: 5, k: 6, float64: true },
  { kind: "syrk", n: 4, k: 6 },
  { kind: "cholesky", n: 5 },
  { kind: "inverse", n: 5 },
  { kind: "solve", n: 5, k: 3 },
  ...(["forward", "input gradient", "weight gradient"] as const).map(
    (pass): Job => ({ kind: "conv", pass, images: 2, channels: 3, outputs: 4, size: 5, kernel: 3 }),
  ),
  ...(["copy", "add", "relu", "exp", "softmax", "biasRelu", "sgdUpdate", "adamUpdate"] as const).map(
    (op): Job => ({ kind: "elementwise", op, length: 256 }),
  ),
  { kind: "step", net: "wide 8", method: "skfac", batch: 4 },
];

async function ready(contender: Contender | string, job: Job): Promise<Turn> {
  if (typeof contender === "string") throw new Error(contender);
  const turn = await contender.prepare(job);
  if (typeof turn === "string") throw new Error(turn);
  return turn;
}

describe("ownContender", () => {
  it.each(jobs)("does $kind and leaves no tensor behind: %j", async (job) => {
    const before = cpu.memory.tensors;
    const turn = await ready(ownContender("own", cpu), job);
    expect(await turn.run(3)).toBeGreaterThan(0);
    await turn.release?.();
    expect(cpu.memory.tensors).toBe(before);
  });

  it("gives the phases of a step", async () => {
    const turn = await ready(ownContender("own", cpu), {
      kind: "step",
      net: "wide 8",
      method: "skfac",
      batch: 4,
      due: true,
    });
    const phases = turn.phases?.() ?? {};
    await turn.release?.();
    expect(Object.keys(phases)).toEqual(
      expect.arrayContaining(["forward", "backward", "statistics", "refresh", "apply"]),
    );
  });
});

describe("Steps", () => {
  const numbersOf = (due: boolean, count: number) => {
    const numbers: number[] = [];
    const trainer = { optimizer: optimizerFor("kfac"), step: (number: number) => void numbers.push(number) };
    const steps = new Steps(trainer as unknown as Trainer, due);
    for (let i = 0; i < count; i++) steps.run();
    return numbers.slice(1); // the first makes the state
  };

  it("takes only steps that refresh, or only the others", () => {
    expect(numbersOf(true, 3).map((number) => number % 10)).toEqual([0, 0, 0]);
    expect(numbersOf(false, 11).map((number) => number % 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2]);
    expect(Math.min(...numbersOf(false, 1))).toBeGreaterThan(50); // past the first steps of the KL clip
  });

  it("knows how often each method refreshes", () => {
    const periods = (["sgd", "kfac", "skfac", "skfac fresh"] as const).map((method) => {
      const optimizer = optimizerFor(method);
      return optimizer === null ? null : periodOf(optimizer);
    });
    expect(periods).toEqual([1, 10, 20, 1]);
  });
});

describe("Trainer", () => {
  it("keeps nothing from step to step but its optimizer's state", () => {
    using trainer = new Trainer("wide 8", optimizerFor("adam")!, 4, cpu);
    const before = cpu.memory.tensors;
    trainer.step(0);
    const after = cpu.memory.tensors;
    trainer.step(1);
    expect(after).toBeGreaterThan(before);
    expect(cpu.memory.tensors).toBe(after);
  });
});

describe("fmaPeak", () => {
  it("is a valid module wherever there is relaxed SIMD", async () => {
    expect(WebAssembly.validate(peakModule())).toBe(true);
    const turn = await ready(await fmaPeak(), { kind: "peak" });
    expect(await turn.run(2)).toBeGreaterThan(0);
  });

  it("computes what it counts", async () => {
    const { instance } = await WebAssembly.instantiate(peakModule());
    const peak = instance.exports.peak as (turns: number) => number;
    expect(peak(1000)).toBeCloseTo(12 * 4 * 1000 * 0.999e-3, 1); // 12 vectors of 4 lanes, each x·y added 1000 times
  });
});

describe("memcpy", () => {
  it("only copies", async () => {
    const contender = await memcpy();
    expect(contender.prepare({ kind: "cholesky", n: 4 })).toBe("only copies");
    expect(
      await (await ready(contender, { kind: "elementwise", op: "copy", length: 64 })).run(1),
    ).toBeGreaterThanOrEqual(0);
  });
});

describe("remote", () => {
  it("runs jobs in another process and hears why one cannot be done", async () => {
    const contender = await remote("memcpy elsewhere", {
      file: process.execPath,
      args: ["--conditions=@kronograd/source", join(import.meta.dirname, "serve.ts"), "memcpy", "cpu"],
    });
    if (typeof contender === "string") throw new Error(contender);
    const turn = await ready(contender, { kind: "elementwise", op: "copy", length: 256 });
    expect(await turn.run(5)).toBeGreaterThan(0);
    await turn.release?.();
    expect(await contender.prepare({ kind: "peak" })).toBe("only copies");
    contender.close?.();
  });

  it("says that a program is not there", async () => {
    expect(await remote("nobody", { file: "/nowhere/python3", args: [] })).toMatch(/^not installed .*ENOENT/);
  });

  it("fails when the other process ends", async () => {
    const dies = { file: process.execPath, args: ["-e", 'console.log(`{"about": "brief"}`); process.exit(3)'] };
    const contender = (await remote("brief", dies)) as Contender;
    await expect(contender.prepare({ kind: "peak" })).rejects.toThrow("brief ended with code 3");
  });
});

describe("openers", () => {
  it("say what a backend has instead of what was asked for", async () => {
    expect(await openers("cpu")["own, 2 threads"]?.()).toBe("cpu has no 2 threads here: JavaScript, one thread");
  });
});

describe("rivals/package-lock.json", () => {
  it("names no registry host, so that it installs behind any mirror", () => {
    const lock = readFileSync(join(import.meta.dirname, "../rivals/package-lock.json"), "utf8");
    expect(lock).not.toContain('"resolved"');
  });
});
