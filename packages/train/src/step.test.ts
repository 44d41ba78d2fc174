import type { Loss } from "@kronograd/autograd";
import { defineDataset } from "@kronograd/data";
import {
  BatchNorm,
  buffers,
  constant,
  Dense,
  dropout,
  mlp,
  parameters,
  Sequential,
  softmaxCrossEntropy,
} from "@kronograd/layers";
import { adam, kfac, mapParts, Optimizer, sgd, type Transform } from "@kronograd/optimizers";
import { NumericalError, Rng, scale } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { eventsOf, ofType, small } from "../testing/index.ts";

const shape = { task: "classification", classes: 2, inputShape: [1], source: "by hand" } as const;
const rows = 8; // of a training batch; evaluation takes 20 at once

/** Softmax cross-entropy that is NaN in the training steps chosen, counted from 1. */
function nanAt(...steps: number[]): Loss {
  const inner = softmaxCrossEntropy();
  let step = 0;
  return {
    ...inner,
    value(outputs, targets) {
      const value = inner.value(outputs, targets);
      if (outputs.shape[0] !== rows) return value;
      step += 1;
      return steps.includes(step) ? scale(value, Number.NaN) : value;
    },
  };
}

/** An optimizer whose steps are what `change` makes of the gradient. */
function custom(change: Transform["update"]): Optimizer {
  return new Optimizer({
    name: "custom",
    learningRate: 0.1,
    chain: { name: "custom", init: () => null, update: change },
  });
}

const bits = (model: ReturnType<typeof mlp>) => Object.values(parameters(model)).map((t) => [...t.dataSync()]);

describe("the oracles of a step", () => {
  it.each([8, 4, 3])(
    "see the very function whose gradient was taken: dropout, %i examples at a time",
    async (microBatch) => {
      const seen: number[] = [];
      const asking: Transform = {
        name: "asking",
        needs: () => ({ oracles: ["trial"] }),
        init: () => null,
        update(updates, state, { oracles }) {
          seen.push(oracles.trial?.(updates, 0).itemSync() as number);
          return { updates, state };
        },
      };
      const model = new Sequential([new Dense({ in: 2, out: 16 }), dropout(0.5), new Dense({ in: 16, out: 3 })], {
        rng: new Rng(0),
      });
      const optimizer = new Optimizer({ name: "asking", learningRate: 0.1, chain: asking });
      const events = await eventsOf(small({ model, optimizer, microBatch, steps: 3 }));
      expect(seen).toEqual(ofType(events, "step").map(({ loss }) => loss));
    },
  );
});

describe("trainStep", () => {
  it("skips a step whose loss is not finite: no parameter, buffer or running mean moves", async () => {
    const run = async (loss: Loss, steps: number) => {
      const model = new Sequential(
        [new Dense({ in: 2, out: 4 }), new BatchNorm({ features: 4 }), new Dense({ in: 4, out: 3 })],
        {
          rng: new Rng(0),
        },
      );
      const optimizer = adam({ learningRate: 0.01 });
      const events = await eventsOf(small({ model, loss, optimizer, steps }));
      const state = JSON.stringify(optimizer.state, (_, value) => (value?.storage ? [...value.dataSync()] : value));
      return {
        events,
        values: [...bits(model), ...Object.values(buffers(model)).map((t) => [...t.dataSync()])],
        state,
      };
    };
    const before = await run(nanAt(), 2);
    const after = await run(nanAt(3), 3);
    expect(after.values).toEqual(before.values);
    expect(after.state).toEqual(before.state);
    expect(ofType(after.events, "skipped")).toMatchObject([{ step: 3, inARow: 1, total: 1, what: "loss is NaN" }]);
    expect(after.events.at(-1)).toMatchObject({ reason: "done", skipped: 1 });
  });

  it("counts skipped steps in a row and in all", async () => {
    const events = await eventsOf(small({ loss: nanAt(2, 3, 5), steps: 6 }));
    const counts = ofType(events, "skipped").map(({ step, inARow, total }) => [step, inARow, total]);
    expect(counts).toEqual([
      [2, 1, 1],
      [3, 2, 2],
      [5, 1, 3],
    ]);
    expect(ofType(events, "step").map(({ step }) => step)).toEqual([1, 4, 6]);
  });

  it("skips a step whose gradient overflows, naming the block and the count", async () => {
    const huge = { inputs: new Float32Array(8).fill(3e38), targets: new Int32Array(8) };
    const data = defineDataset({ ...shape, name: "huge", train: huge, test: huge });
    const model = new Sequential([new Dense({ in: 1, out: 2, init: constant(0), initBias: constant(0) })], {
      rng: new Rng(0),
    });
    const events = await eventsOf(small({ model, data, steps: 1, loss: softmaxCrossEntropy({ reduction: "sum" }) }));
    expect(ofType(events, "skipped")[0]?.what).toMatch(
      /^\d values of the gradient of "dense1\.weight" are not finite$/,
    );
    expect(
      bits(model)
        .flat()
        .every((value) => value === 0),
    ).toBe(true);
  });

  it("skips a step whose direction is not finite, and goes on", async () => {
    let step = 0;
    const optimizer = custom((updates) => {
      step += 1;
      const factor = step === 2 ? Number.POSITIVE_INFINITY : 1;
      return { updates: mapParts(updates, (part) => scale(part, factor)), state: null };
    });
    const model = mlp([2, 5, 3], { rng: new Rng(2) });
    const events = await eventsOf(small({ model, optimizer, steps: 3 }));
    expect(ofType(events, "skipped").map(({ step, what }) => [step, what.replace(/^\d+/, "n")])).toEqual([
      [2, 'n values of the direction of "dense1.weight" are not finite'],
    ]);
    expect(bits(model).flat().every(Number.isFinite)).toBe(true);
  });

  it("skips a step whose curvature cannot be factored, with the reason, and keeps the state", async () => {
    let calls = 0;
    const optimizer = custom((updates, state) => {
      calls += 1;
      if (calls === 2) throw new NumericalError({ where: "kfac, dense1", problem: "pivot 3 is -1e-4" });
      return { updates, state: Number(state ?? 0) + 1 };
    });
    const events = await eventsOf(small({ optimizer, steps: 3 }));
    expect(ofType(events, "skipped")).toMatchObject([{ step: 2, what: "kfac, dense1: pivot 3 is -1e-4." }]);
    expect(optimizer.state).toBe(2);
  });

  it("lets every other error of an optimizer through", async () => {
    const optimizer = custom(() => {
      throw new RangeError("a bug");
    });
    await expect(eventsOf(small({ optimizer, steps: 3 }))).rejects.toThrow(RangeError);
  });

  it("reports the norm of the gradient, and the numbers of the optimizer", async () => {
    const optimizer = custom((updates, state, context) => {
      context.report("damping", 0.5);
      context.report("norm", scale(updates.get("dense1.bias")?.dense() as never, 0).sum());
      return { updates, state };
    });
    const [step] = ofType(await eventsOf(small({ optimizer, steps: 1 })), "step");
    expect(step?.reported).toEqual({ damping: 0.5, norm: 0 });
    expect(step?.gradNorm).toBeGreaterThan(0);
  });
});

describe("the norm of the gradient", () => {
  it("is there for gradients that exist only as factors: K-FAC on dense layers had none", async () => {
    const norms = async (optimizer: Optimizer) =>
      ofType(await eventsOf(small({ optimizer, steps: 12 })), "step").map(({ gradNorm }) => gradNorm);
    const [factored, formed] = [await norms(kfac()), await norms(sgd())];
    expect(factored[0]).toBeCloseTo(formed[0] as number, 5);
    expect(factored.flatMap((norm, step) => (norm === undefined ? [] : [step]))).toEqual([0, 10]);
    expect(formed.every((norm) => norm !== undefined)).toBe(true);
  });
});

describe("a run in trouble", () => {
  it("ends as diverged after 20 skipped steps in a row, saying why", async () => {
    const always = nanAt(...Array.from({ length: 60 }, (_, i) => i + 6));
    const events = await eventsOf(small({ loss: always, steps: 60 }));
    expect(ofType(events, "skipped").map(({ inARow }) => inARow)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(events.at(-1)).toMatchObject({
      type: "end",
      reason: "diverged",
      step: 25,
      skipped: 20,
      text: "20 steps in a row could not be taken; the last: loss is NaN",
    });
  });

  it("ends as diverged when a huge learning rate has blown it up, and its last checkpoint is finite", async () => {
    const files = new Map<number, Uint8Array>();
    const save = (bytes: Uint8Array, { step }: { step: number }) => {
      files.set(step, bytes);
      return "";
    };
    const model = mlp([2, 5, 3], { rng: new Rng(2) });
    const optimizer = sgd({ learningRate: 1e30 });
    const events = await eventsOf(
      small({ model, optimizer, steps: 200, validation: 0.2, checkpoint: { every: 500, save } }),
    );
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "diverged" });
    expect([...files.keys()]).toEqual([0]);
    expect(ofType(events, "end")[0]?.best).toMatchObject({ step: 0 });
  });

  it("ends as diverged when the loss stays above ten times its start", async () => {
    const inner = softmaxCrossEntropy();
    let step = 0;
    const loss: Loss = {
      ...inner,
      value(outputs, targets) {
        if (outputs.shape[0] === rows) step += 1;
        return scale(inner.value(outputs, targets), step > 4 ? 1000 : 1);
      },
    };
    const events = await eventsOf(small({ loss, steps: 90, optimizer: sgd({ learningRate: 1e-9 }), patience: 7 }));
    expect(events.at(-1)).toMatchObject({ reason: "diverged", step: 11, skipped: 0 });
    expect(ofType(events, "end")[0]?.text).toMatch(/^the loss stayed above 10 times its start \([\d.]+\) for 7 steps$/);
  });

  it("is evaluated at its end, so that it is drawn to there", async () => {
    const always = nanAt(...Array.from({ length: 60 }, (_, i) => i + 3));
    const evals = ofType(await eventsOf(small({ loss: always, steps: 60, evaluateEvery: 1000 })), "eval");
    expect(evals.map(({ step }) => step)).toEqual([0, 22]);
  });
});
