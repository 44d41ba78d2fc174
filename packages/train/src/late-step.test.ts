import type { Loss } from "@kronograd/autograd";
import { defineDataset } from "@kronograd/data";
import {
  BatchNorm,
  buffers,
  Dense,
  dropout,
  mlp,
  parameters,
  relu,
  Sequential,
  softmaxCrossEntropy,
} from "@kronograd/layers";
import { adam, kfac, mapParts, Optimizer, sgd, skfac } from "@kronograd/optimizers";
import {
  add,
  BackendError,
  cpu,
  type Device,
  equal,
  log,
  max,
  memory,
  Rng,
  scale,
  sub,
  type Tensor,
  tensorsIn,
} from "@kronograd/tensor";
import { deferred } from "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { eventsOf, ofType, small } from "../testing/index.ts";
import type { RunEvent } from "./events.ts";
import { fit } from "./fit.ts";
import type { FitOptions } from "./fit-options.ts";

const busyModel = (device: Device) =>
  new Sequential(
    [new Dense({ in: 2, out: 5 }), new BatchNorm({ features: 5 }), relu(), dropout(0.2), new Dense({ in: 5, out: 3 })],
    { rng: new Rng(2), device },
  );

/** Everything of a run that a reader sees, but for the time, rounded to what float32 keeps. */
function story(events: readonly RunEvent[]): unknown[] {
  const rounded = (value: unknown): unknown => {
    if (typeof value === "number") return Number(value.toPrecision(3));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
  };
  return events.flatMap((event) => {
    if (event.type === "phase" || event.type === "plan") return [];
    if (event.type === "end") return [rounded({ ...event, seconds: 0, peakBytes: 0 })]; // steps overlap there
    return [rounded({ ...event, seconds: 0, what: "what" in event ? event.what.replace(/ of "[^"]*"/, "") : "" })];
  });
}

async function run(device: Device, options: Partial<FitOptions> & { optimizer: Optimizer }) {
  const model = (options.model as Sequential | undefined) ?? busyModel(device);
  const events = await eventsOf(small({ ...options, model }));
  const tensors = [...Object.values(parameters(model)), ...Object.values(buffers(model))];
  const values = (of: Iterable<Tensor>) => Promise.all([...of].map(async (t) => [...(await t.data())]));
  return { events, values: await values(tensors), state: await values(tensorsIn(options.optimizer.state)) };
}

/** The same run where the device answers at once and where it does not. */
async function both(options: () => Partial<FitOptions> & { optimizer: Optimizer }) {
  const runOn = (device: Device) => run(device, { ...options(), model: busyModel(device) });
  return { here: await runOn(cpu), there: await runOn(deferred()) };
}

function near(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): void {
  expect(a.length).toBe(b.length);
  a.forEach((values, i) => {
    values.forEach((value, j) => {
      expect(b[i]?.[j]).toBeCloseTo(value, 3);
    });
  });
}

/** Rows of which one in twenty has the label 2, and a loss that is NaN on a batch with such a row. */
const wild = (() => {
  const rows = (count: number, every: number) => ({
    inputs: Float32Array.from({ length: 2 * count }, (_, i) => ((i * 37) % 11) / 5 - 1),
    targets: Int32Array.from({ length: count }, (_, i) => (every > 0 && i % every === 0 ? 2 : i % 2)),
  });
  const data = defineDataset({
    name: "wild",
    task: "classification",
    classes: 3,
    inputShape: [2],
    source: "by hand",
    train: rows(40, 20),
    test: rows(20, 0),
  });
  const inner = softmaxCrossEntropy();
  const loss: Loss = {
    ...inner,
    value: (outputs, targets) => add(inner.value(outputs, targets), scale(log(sub(1, max(equal(targets, 2)))), 0)),
  };
  return { data, loss };
})();

describe("a run on an asynchronous device", () => {
  it.each<[string, () => Optimizer]>([
    ["sgd", () => sgd({ learningRate: 0.1, momentum: 0.9 })],
    ["adam", () => adam({ learningRate: 0.01 })],
    ["kfac", () => kfac({ learningRate: 0.05, refreshEvery: 2 })],
    ["skfac", () => skfac({ learningRate: 0.05, statisticsEvery: 1, refreshEvery: 2 })],
  ])("tells what a run on cpu tells, with %s", async (_, make) => {
    const { here, there } = await both(() => ({ optimizer: make(), steps: 11, evaluateEvery: 4 }));
    expect(story(there.events)).toEqual(story(here.events));
    near(there.values, here.values);
  });

  it("reads the numbers of each step once, and nothing else", async () => {
    const device = deferred();
    const model = mlp([2, 5, 3], { rng: new Rng(2), device });
    let [reads, steps] = [0, 0];
    for await (const event of fit(small({ model, optimizer: skfac(), steps: 12, evaluateEvery: 100 }))) {
      if (event.type === "eval") reads = device.counts.reads; // of the evaluation
      if (event.type !== "step") continue;
      steps += 1;
      const ahead = Math.min(2, 12 - event.step);
      expect(device.counts.reads - reads).toBe(steps + ahead);
    }
    expect(device.counts.hostCalls).toBe(0);
  });

  it("allocates no buffer after its first steps, and gives everything back", async () => {
    const device = deferred();
    const model = mlp([2, 5, 3], { rng: new Rng(2), device });
    const own = { ...memory(device) };
    const optimizer = adam();
    let allocations: number | undefined;
    for await (const event of fit(small({ model, optimizer, steps: 60, evaluateEvery: 100 }))) {
      if (event.type === "step" && event.step === 10) ({ allocations } = device.counts);
      if (event.type === "step" && event.step > 10) expect(device.counts.allocations).toBe(allocations);
    }
    optimizer[Symbol.dispose]();
    expect(memory(device)).toMatchObject({ tensors: own.tensors, buffers: own.buffers, bytes: own.bytes });
  });

  it("leaves nothing behind where its reader goes away", async () => {
    const device = deferred();
    const model = mlp([2, 5, 3], { rng: new Rng(2), device });
    const own = { ...memory(device) };
    const optimizer = adam();
    for await (const event of fit(small({ model, optimizer, steps: 60 }))) if (event.type === "step") break;
    optimizer[Symbol.dispose]();
    await new Promise((resolve) => setTimeout(resolve, 20)); // readbacks that nobody waits for
    expect(memory(device)).toMatchObject({ tensors: own.tensors, buffers: own.buffers });
  });

  it("skips the steps that cpu skips, and goes on from the same state", async () => {
    const { here, there } = await both(() => ({ optimizer: adam({ learningRate: 0.01 }), ...wild, steps: 12 }));
    const skipped = ofType(here.events, "skipped").map(({ step, inARow, total }) => [step, inARow, total]);
    expect(skipped.length).toBeGreaterThan(2);
    expect(ofType(there.events, "skipped").map(({ step, inARow, total }) => [step, inARow, total])).toEqual(skipped);
    expect(story(there.events)).toEqual(story(here.events));
    near([...there.values, ...there.state], [...here.values, ...here.state]);
  });

  it("leaves the optimizer's state as it was where the direction is not finite", async () => {
    const make = () =>
      new Optimizer({
        name: "custom",
        learningRate: 0.1,
        chain: {
          name: "custom",
          init: () => 0,
          update: (updates, state, { step }) => {
            const factor = step === 2 || step === 3 ? Number.POSITIVE_INFINITY : 1;
            return { updates: mapParts(updates, (part) => scale(part, factor)), state: Number(state) + 1 };
          },
        },
      });
    for (const device of [cpu, deferred()]) {
      const optimizer = make();
      const { events } = await run(device, { optimizer, steps: 7 });
      expect(ofType(events, "skipped").map(({ step }) => step)).toEqual([3, 4]);
      expect(ofType(events, "skipped")[0]?.what).toMatch(/^\d+ values of the direction .*are not finite$/);
      expect(optimizer.state).toBe(5);
    }
  });

  it("ends as diverged after 20 skipped steps in a row", async () => {
    const inner = softmaxCrossEntropy();
    const loss: Loss = { ...inner, value: (outputs, targets) => scale(inner.value(outputs, targets), Number.NaN) };
    const { there } = await both(() => ({ optimizer: adam(), loss, steps: 60 }));
    expect(there.events.at(-1)).toMatchObject({
      reason: "diverged",
      step: 20,
      skipped: 20,
      text: "20 steps in a row could not be taken; the last: loss is NaN",
    });
  });

  it("resumes to the bits of the run that was not interrupted", async () => {
    const files = new Map<number, Uint8Array>();
    const save = (bytes: Uint8Array, { step }: { step: number }) => {
      files.set(step, bytes);
      return "";
    };
    const optimizer = () => skfac({ learningRate: 0.05, statisticsEvery: 1, refreshEvery: 2 });
    const checkpoint = { every: 5, save };
    const whole = await run(deferred(), { optimizer: optimizer(), steps: 12, checkpoint });
    const bytes = files.get(5) as Uint8Array;
    const rest = await run(deferred(), {
      optimizer: optimizer(),
      steps: 12,
      resume: { bytes, file: "step 5" },
      checkpoint,
    });
    expect(ofType(rest.events, "step")[0]?.step).toBe(6);
    expect([...rest.values, ...rest.state]).toEqual([...whole.values, ...whole.state]);
  });

  it("tells of all steps that were under way when it is stopped", async () => {
    const controller = new AbortController();
    const steps: number[] = [];
    const model = mlp([2, 5, 3], { rng: new Rng(2), device: deferred() });
    const options = small({ model, steps: 60, evaluateEvery: 100, signal: controller.signal });
    for await (const event of fit(options)) {
      if (event.type === "step") steps.push(event.step);
      if (event.type === "step" && event.step === 4) controller.abort();
      if (event.type === "end") expect(event).toMatchObject({ reason: "stopped", step: steps.length });
    }
    expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("throws BackendError where the device is lost", async () => {
    const device = deferred();
    const model = mlp([2, 5, 3], { rng: new Rng(2), device });
    const consume = async () => {
      for await (const event of fit(small({ model, steps: 60 })))
        if (event.type === "step" && event.step === 3) device.lose();
    };
    await expect(consume()).rejects.toThrow(BackendError);
  });
});
