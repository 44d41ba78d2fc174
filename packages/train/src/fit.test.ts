import { BatchNorm, buffers, Dense, dropout, mlp, parameters, relu, Sequential } from "@kronograd/layers";
import { adam, adamW, ekfac, kfac, type Optimizer, rmsprop, sgd, skfac } from "@kronograd/optimizers";
import { cpu, Device, memory, Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { eventsOf, ofType, points, small } from "../testing/index.ts";
import { decodeCheckpoint } from "./checkpoint.ts";
import type { RunEvent } from "./events.ts";
import { fit } from "./fit.ts";
import type { FitOptions } from "./fit-options.ts";

const refusal = (name: string) => expect.objectContaining({ name });

/** What two runs must agree on: everything but the time. */
function timeless(events: readonly RunEvent[]): unknown[] {
  return events.flatMap((event) => (event.type === "phase" ? [] : [{ ...event, seconds: 0 }]));
}

/** A model with all that a checkpoint must hold beside weights: random draws and running statistics. */
const busyModel = (seed = 2) =>
  new Sequential(
    [new Dense({ in: 2, out: 5 }), new BatchNorm({ features: 5 }), relu(), dropout(0.2), new Dense({ in: 5, out: 3 })],
    { rng: new Rng(seed) },
  );

describe("fit", () => {
  it("runs to the end where it is awaited, and gives the last event", async () => {
    const options = small({ steps: 3 });
    const run = fit(options);
    const end = await run;
    expect(end).toMatchObject({ type: "end", reason: "done", step: 3 });
    expect(await run).toBe(end);
    expect(end).toMatchObject({ best: ofType(await eventsOf(small({ steps: 3 })), "end")[0]?.best });
  });

  it("refuses to be awaited after it was read, and gives the errors of a run to whoever awaits it", async () => {
    const run = fit(small({ steps: 1 }));
    for await (const _ of run);
    await expect(run).rejects.toThrow("was read to its end");
    await expect(fit(small())).rejects.toThrow("no limit was given");
  });

  it("does nothing until it is read", async () => {
    const { model } = small();
    const before = parameters(model)["dense1.weight"]?.dataSync();
    const run = fit(small({ model, steps: 3 }));
    expect(parameters(model)["dense1.weight"]?.dataSync()).toEqual(before);
    for await (const event of run) if (event.type === "step") break;
    expect(parameters(model)["dense1.weight"]?.dataSync()).not.toEqual(before);
  });

  it("tells the plan, then the start, and at last the end", async () => {
    const events = await eventsOf(small({ steps: 7 }));
    expect(events[0]?.type).toBe("plan");
    expect(events[1]).toMatchObject({ type: "eval", step: 0, examples: 0, seconds: 0 });
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "done", step: 7, skipped: 0, text: "" });
    expect(ofType(events, "eval").map(({ step }) => step)).toEqual([0, 5, 7]);
    expect(ofType(events, "step").map(({ step, examples }) => [step, examples])).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((step) => [step, 8 * step]),
    );
  });

  it("evaluates every so many steps, and the end once", async () => {
    const at = async (options: Partial<FitOptions>) =>
      ofType(await eventsOf(small(options)), "eval").map(({ step }) => step);
    expect(await at({ steps: 6, evaluateEvery: 3 })).toEqual([0, 3, 6]);
    expect(await at({ steps: 5, evaluateEvery: 3 })).toEqual([0, 3, 5]);
  });

  it("ends after its seconds of training with an evaluation", async () => {
    const events = await eventsOf(small({ seconds: 0.02, evaluateEvery: 1000 }));
    const end = events.at(-1);
    expect(end).toMatchObject({ type: "end", reason: "done" });
    expect(ofType(events, "eval").at(-1)?.step).toBe(ofType(events, "step").at(-1)?.step);
    expect(ofType(events, "step").at(-2)?.seconds).toBeLessThan(0.02);
  });

  it("ends as done at the evaluation that it waits for", async () => {
    const events = await eventsOf(small({ steps: 500, evaluateEvery: 3, until: ({ loss }) => loss < 0.7 }));
    const evals = ofType(events, "eval").filter(({ split }) => split === "validation");
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "done", step: evals.at(-1)?.step });
    expect(evals.map(({ loss }) => loss < 0.7)).toEqual(evals.map((_, i) => i === evals.length - 1));
  });

  it("counts no time that its reader takes", async () => {
    let seconds = 0;
    for await (const event of fit(small({ steps: 3 }))) {
      if (event.type !== "step") continue;
      seconds = event.seconds;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(seconds).toBeLessThan(0.08);
  });

  it("splits the time of its steps into phases", async () => {
    const events = await eventsOf(small({ steps: 5, profileEvery: 2 }));
    const phases = ofType(events, "phase");
    expect(phases.map(({ step, steps }) => [step, steps])).toEqual([
      [2, 2],
      [4, 2],
      [5, 1],
    ]);
    const total = phases.reduce((sum, { ms }) => sum + Object.values(ms).reduce((a, b) => a + b), 0);
    expect(total / 1000).toBeCloseTo(ofType(events, "end")[0]?.seconds ?? 0, 9);
  });

  it("gives the same numbers for the same seed, and others for another", async () => {
    const run = async (seed: number) => timeless(await eventsOf(small({ steps: 6, rng: new Rng(seed) })));
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
  });

  it("shows rivals the same batches: the first loss depends on weights and seed alone", async () => {
    const first = async (optimizer: Optimizer, rival: string) =>
      ofType(await eventsOf(small({ steps: 1, optimizer, rival })), "step")[0];
    const a = await first(sgd({ learningRate: 0.1 }), "sgd");
    const b = await first(adam({ learningRate: 0.01 }), "adam");
    expect(a?.rival).toBe("sgd");
    expect(b?.rival).toBe("adam");
    expect(a?.loss).toBe(b?.loss);
  });

  it("learns: loss falls below half of its start", async () => {
    const evals = ofType(await eventsOf(small({ epochs: 30, optimizer: adam({ learningRate: 0.05 }) })), "eval");
    expect(evals.at(-1)?.loss).toBeLessThan(0.5 * (evals[0]?.loss ?? 0));
  });

  it("commits the running statistics of batch norm, once a step", async () => {
    const model = new Sequential([new BatchNorm({ features: 2, momentum: 1 }), new Dense({ in: 2, out: 3 })], {
      rng: new Rng(0),
    });
    const options = small({ model, steps: 1, evaluateEvery: 1 });
    const start = buffers(model)["norm1.runningMean"]?.dataSync();
    await eventsOf(options);
    const seen = buffers(model)["norm1.runningMean"]?.dataSync() as Float32Array;
    expect([...(start ?? [])]).toEqual([0, 0]);
    expect(seen.every((mean) => mean !== 0)).toBe(true);
  });

  it.each<[string, () => Optimizer]>([
    ["sgd", () => sgd({ learningRate: 0.1 })],
    ["kfac", () => kfac({ learningRate: 0.1, refreshEvery: 2 })],
    ["ekfac", () => ekfac({ learningRate: 0.1, refreshEvery: 2 })],
    ["skfac", () => skfac({ learningRate: 0.1, statisticsEvery: 1, refreshEvery: 2 })],
    ["skfac of the last batch", () => skfac({ learningRate: 0.1, rank: null })],
  ])("T27: k micro-batches = one batch, with %s", async (_, make) => {
    const last = async (microBatch: number) => {
      const model = mlp([2, 5, 3], { rng: new Rng(2), dtype: "float64" });
      await eventsOf(small({ model, steps: 4, optimizer: make(), microBatch }));
      return [...Object.values(parameters(model)).flatMap((t) => [...t.dataSync()])];
    };
    const whole = await last(8);
    for (const rows of [1, 3, 4]) {
      for (const [i, value] of (await last(rows)).entries()) expect(value).toBeCloseTo(whole[i] as number, 12);
    }
  });

  it("leaves no tensor behind but the model's and the optimizer's", async () => {
    const device = new Device(cpu.backend); // with a count of its own
    const model = mlp([2, 5, 3], { rng: new Rng(2), device });
    const own = { ...memory(device) };
    const optimizer = adam();
    let after: typeof own | undefined;
    for await (const event of fit(small({ model, optimizer, steps: 200, evaluateEvery: 10 }))) {
      if (event.type !== "step") continue;
      after ??= { ...memory(device) };
      expect(memory(device)).toMatchObject({ tensors: after.tensors, buffers: after.buffers, bytes: after.bytes });
    }
    optimizer[Symbol.dispose]();
    expect(memory(device)).toMatchObject({ tensors: own.tensors, buffers: own.buffers, bytes: own.bytes });
  });

  it("throws UsageError for settings out of range and for a model without parameters", async () => {
    for (const wrong of [
      { steps: 0 },
      { evaluateEvery: 0 },
      { profileEvery: -1 },
      { patience: 0 },
      { microBatch: 0.5 },
      { batch: 41 },
      { checkpoint: { every: 0, save: () => "" } },
      { model: relu() },
    ] as Partial<FitOptions>[]) {
      await expect(eventsOf(small({ steps: 1, ...wrong })), JSON.stringify(wrong)).rejects.toThrow(
        refusal("UsageError"),
      );
    }
    await expect(eventsOf(small())).rejects.toThrow(/no limit was given/);
  });

  it("throws ShapeError where data and model do not fit", async () => {
    const model = mlp([7, 3], { rng: new Rng(0) });
    await expect(eventsOf(small({ model, steps: 1 }))).rejects.toThrow(refusal("ShapeError"));
  });
});

/** Run with checkpoints in memory; what the last one holds, but for the time. */
async function saved(options: Partial<FitOptions>): Promise<{ files: Map<number, Uint8Array>; best: number[] }> {
  const files = new Map<number, Uint8Array>();
  const best: number[] = [];
  const save = (bytes: Uint8Array, info: { step: number; best: boolean }) => {
    files.set(info.step, bytes);
    if (info.best) best.push(info.step);
    return `step ${info.step}`;
  };
  await eventsOf(small({ steps: 12, checkpoint: { every: 1, save }, ...options }));
  return { files, best };
}

/** A checkpoint without its seconds, with the bits of its tensors. */
function contents(bytes: Uint8Array): unknown {
  const plain = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(plain);
    if ("storage" in value) {
      const t = value as unknown as { shape: number[]; dataSync(): Float32Array };
      return { shape: t.shape, bits: [...new Uint8Array(t.dataSync().buffer)] };
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === "seconds" ? 0 : plain(item)]));
  };
  return plain(decodeCheckpoint(bytes));
}

describe("checkpoints of fit", () => {
  it("are made at the start, every so many steps, and at the end", async () => {
    expect([...(await saved({ checkpoint: undefined as never })).files.keys()]).toEqual([]);
    const steps: number[] = [];
    const save = (_: Uint8Array, { step }: { step: number }) => {
      steps.push(step);
      return "";
    };
    await eventsOf(small({ steps: 10, checkpoint: { every: 4, save } }));
    expect(steps).toEqual([0, 4, 8, 10]);
  });

  it("are made of the best evaluation where that is asked for", async () => {
    const made: [number, boolean][] = [];
    const save = (_: Uint8Array, { step, best }: { step: number; best: boolean }) => {
      made.push([step, best]);
      return "";
    };
    const events = await eventsOf(
      small({ steps: 12, evaluateEvery: 1, checkpoint: { every: 100, best: true, save }, optimizer: adam() }),
    );
    let least = Number.POSITIVE_INFINITY;
    const falls = ofType(events, "eval").flatMap(({ split, step, loss }) => {
      if (split === "test" || loss >= least) return [];
      least = loss;
      return [step];
    });
    expect(made.filter(([, best]) => best).map(([step]) => step)).toEqual(falls);
  });

  it.each([
    ["sgd with momentum", () => sgd({ learningRate: 0.05, momentum: 0.9 })],
    ["adam", () => adam({ learningRate: 0.01 })],
    ["adamW", () => adamW({ learningRate: 0.01 })],
    ["rmsprop", () => rmsprop({ learningRate: 0.01 })],
    ["kfac", () => kfac({ learningRate: 0.01, statisticsEvery: 2, refreshEvery: 3 })],
    ["ekfac", () => ekfac({ learningRate: 0.01, statisticsEvery: 2, refreshEvery: 3 })],
    ["skfac", () => skfac({ learningRate: 0.01, statisticsEvery: 2, refreshEvery: 3, rank: 6 })],
    ["skfac of the last batch", () => skfac({ learningRate: 0.01, rank: null, labels: "sampled" })],
  ])("T27: let a run with %s go on from any of them with the same bits", async (_, optimizer) => {
    const whole = await saved({ model: busyModel(), optimizer: optimizer() });
    const last = contents(whole.files.get(12) as Uint8Array);
    for (const [step, bytes] of whole.files) {
      const resume = { bytes, file: `step ${step}` };
      const model = busyModel(7); // other initial weights: all must come from the file
      const rest = await saved({ model, optimizer: optimizer(), resume });
      expect(contents(rest.files.get(12) as Uint8Array), `resumed at step ${step}`).toEqual(last);
      expect(Math.min(...rest.files.keys())).toBe(Math.min(step + 1, 12));
    }
  });

  it("let a stopped run go on as if it had not been stopped", async () => {
    const whole = await saved({ model: busyModel(), evaluateEvery: 5 });
    const control = new AbortController();
    const files = new Map<number, Uint8Array>();
    const save = (bytes: Uint8Array, { step }: { step: number }) => {
      files.set(step, bytes);
      return "";
    };
    const options = { model: busyModel(), evaluateEvery: 5, steps: 12, checkpoint: { every: 100, save } };
    const events: RunEvent[] = [];
    for await (const event of fit(small({ ...options, signal: control.signal }))) {
      events.push(event);
      if (event.type === "step" && event.step === 7) control.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "stopped", step: 7 });
    expect(ofType(events, "eval").map(({ step }) => step)).toEqual([0, 5]); // none out of turn: it might become the best
    const rest = await saved({
      ...options,
      model: busyModel(7),
      resume: { bytes: files.get(7) as Uint8Array, file: "step 7" },
      checkpoint: { every: 100, save },
    });
    expect(rest.files.size).toBe(0);
    expect(contents(files.get(12) as Uint8Array)).toEqual(contents(whole.files.get(12) as Uint8Array));
  });

  it("make a finished run end at once", async () => {
    const { files } = await saved({});
    const events = await eventsOf(small({ steps: 12, resume: { bytes: files.get(12) as Uint8Array, file: "last" } }));
    expect(events.map(({ type }) => type)).toEqual(["plan", "end"]);
    expect(events.at(-1)).toMatchObject({ reason: "done", step: 12 });
  });

  it.each<[string, Partial<FitOptions>, string]>([
    ["another optimizer", { optimizer: adam() }, "optimizer"],
    ["another batch size", { batch: 4 }, "batch"],
    ["another number of rows at a time", { microBatch: 4 }, "microBatch"],
    ["another seed", { rng: new Rng(9) }, "seed"],
    ["other data", { data: { ...points, fingerprint: "other" } }, "data"],
  ])("are refused by a run with %s, which stays as it was", async (_, other, key) => {
    const { files } = await saved({});
    const { model } = small();
    const before = parameters(model)["dense1.weight"]?.dataSync();
    const resume = { bytes: files.get(12) as Uint8Array, file: "run/step-000012.safetensors" };
    await expect(eventsOf(small({ model, steps: 12, ...other, resume }))).rejects.toThrow(
      expect.objectContaining({ name: "CheckpointError", details: expect.objectContaining({ key }) }),
    );
    expect(parameters(model)["dense1.weight"]?.dataSync()).toEqual(before);
  });

  it("are refused by another model, naming the parameter and both shapes", async () => {
    const { files } = await saved({});
    const resume = { bytes: files.get(12) as Uint8Array, file: "last" };
    const model = mlp([2, 6, 3], { rng: new Rng(2) });
    await expect(eventsOf(small({ model, steps: 12, resume }))).rejects.toThrow(
      'last: parameter "dense1.weight" does not fit the model (expected float32 [6, 2], got float32 [5, 2]). ' +
        "Resume with the model of the run, or start a new run.",
    );
  });
});
