import { withValidation } from "@kronograd/data";
import { mlp } from "@kronograd/layers";
import { adam, sgd } from "@kronograd/optimizers";
import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { eventsOf, ofType, points, small } from "../testing/index.ts";
import { earlyStopping } from "./early-stopping.ts";
import type { FitOptions } from "./fit-options.ts";
import type { Metric } from "./metric.ts";
import { accuracy, f1 } from "./metrics/index.ts";

const validated = withValidation(points, { rng: new Rng(5), share: 0.2 });
const run = async (options: Partial<FitOptions>) => {
  const events = await eventsOf(small({ steps: 15, evaluateEvery: 3, ...options }));
  const evals = ofType(events, "eval");
  return {
    events,
    plan: ofType(events, "plan")[0]?.rows,
    validation: evals.filter(({ split }) => split === "validation"),
    test: evals.filter(({ split }) => split === "test"),
    end: ofType(events, "end")[0],
  };
};

/** A metric whose values are written beforehand: one list for the validation rows, another for the test rows. */
const written = (validation: readonly number[], test: readonly number[], better: "higher" | "lower" = "higher") => {
  const left = { 8: [...validation], 20: [...test] };
  const metric: Metric<number, { rows: number }> = {
    name: "written",
    better,
    start: () => 0,
    measure: (outputs) => ({ rows: outputs.shape[0] as number }),
    add: (rows, { rows: more }) => rows + (more[0] as number),
    value: (rows) => left[rows as 8 | 20].shift() as number,
  };
  return metric;
};

describe("what validation rows decide", () => {
  it("is nothing where nobody asks: all training rows are trained on, and test rows are only reported", async () => {
    const { plan, validation, test, end } = await run({});
    expect(plan).toEqual({ train: 40, validation: 0, test: 20, heldOut: false, leftOut: 0 });
    expect([validation.length, test.length, end?.best]).toEqual([0, 6, null]);
  });

  it.each<[string, Partial<FitOptions>]>([
    ["until", { until: () => false }],
    ["early stopping", { earlyStopping: earlyStopping({ patience: 99 }) }],
    ["the best weights", { saveBest: () => {} }],
    ["the best checkpoint", { checkpoint: { every: 100, best: true, save: () => "" } }],
    ["a share", { validation: 0.1 }],
  ])(
    "comes with %s: a tenth of the training rows is held out, and evaluated before the test rows",
    async (_, options) => {
      const { plan, events, validation, end } = await run(options);
      expect(plan).toEqual({ train: 36, validation: 4, test: 20, heldOut: true, leftOut: 4 });
      expect(ofType(events, "eval").map(({ split }) => split).slice(0, 4)).toEqual(["validation", "test", "validation", "test"]); // biome-ignore format: short
      const best = validation.reduce((a, b) => (b.loss < a.loss ? b : a));
      expect(end?.best).toEqual({ step: best.step, loss: best.loss, metrics: best.metrics });
    },
  );

  it("is by the data set's own validation rows, where it has some", async () => {
    const { plan, validation } = await run({ data: validated });
    expect(plan).toEqual({ train: 32, validation: 8, test: 20, heldOut: false, leftOut: 0 });
    expect(validation).toHaveLength(6);
  });

  it("holds the same rows out for every rival of a race", async () => {
    const first = async (options: Partial<FitOptions>) => (await run({ until: () => false, ...options })).validation[0];
    expect(await first({ optimizer: adam() })).toEqual(await first({ optimizer: sgd() }));
    expect(await first({ rng: new Rng(9) })).not.toEqual(await first({}));
  });

  it("never looks at test rows: until, the best and early stopping are those of the validation rows", async () => {
    const seen: number[] = [];
    const { end, test } = await run({
      data: validated,
      metrics: [written([1, 5, 4, 3, 2, 9], [9, 8, 7, 6, 5, 4])],
      best: "written",
      earlyStopping: earlyStopping({ metric: "written", patience: 3 }),
      until: ({ metrics }) => {
        seen.push(metrics.written as number);
        return false;
      },
    });
    expect(seen).toEqual([1, 5, 4, 3, 2]);
    expect(end?.best).toMatchObject({ step: 3, metrics: { written: 5 } });
    expect(end).toMatchObject({
      reason: "done",
      step: 12,
      text: "written did not become better than 5 in 3 evaluations",
    });
    expect(test.at(-1)?.metrics.written).toBe(5);
  });

  it("follows the direction of the metric", async () => {
    const metrics = [written([3, 1, 2, 2, 2, 2], [0, 0, 0, 0, 0, 0], "lower")];
    expect((await run({ data: validated, metrics, best: "written" })).end?.best).toMatchObject({ step: 3 });
  });

  it("counts improvements above minDelta only", async () => {
    const metrics = [written([0.5, 0.51, 0.52, 0.53, 0.54, 0.55], [0, 0, 0, 0, 0, 0])];
    const stopping = earlyStopping({ metric: "written", patience: 2, minDelta: 0.1 });
    expect((await run({ data: validated, metrics, earlyStopping: stopping })).end?.step).toBe(6);
  });

  it("goes on after a resume as if the run had not been stopped", async () => {
    const files = new Map<number, Uint8Array>();
    const checkpoint = {
      every: 3,
      save: (bytes: Uint8Array, { step }: { step: number }) => `${files.set(step, bytes).size}`,
    };
    const options = { data: validated, steps: 60, checkpoint, optimizer: sgd({ learningRate: 1e-9 }) };
    const stopping = { earlyStopping: earlyStopping({ patience: 4, minDelta: 0.01 }) };
    const whole = await run({ ...options, ...stopping });
    expect(whole.end?.step).toBe(12);
    const resume = { bytes: files.get(6) as Uint8Array, file: "step 6" };
    const rest = await run({ ...options, ...stopping, optimizer: sgd({ learningRate: 1e-9 }), resume, model: mlp([2, 5, 3], { rng: new Rng(2) }) }); // biome-ignore format: short
    expect(rest.end).toMatchObject({ step: 12, text: whole.end?.text, best: whole.end?.best });
  });

  it("is refused by a name that no metric has, with the nearest", async () => {
    const wrong = (options: Partial<FitOptions>) => expect(run({ metrics: [accuracy(), f1()], ...options })).rejects;
    await wrong({ best: "acuracy" }).toThrow('Did you mean "accuracy"?');
    await wrong({ earlyStopping: earlyStopping({ metric: "f2" }) }).toThrow("earlyStopping: no metric is called");
    await wrong({ validation: 2 }).toThrow("a share of the rows must leave rows on both sides");
    await wrong({ metrics: [f1(), f1()] }).toThrow('two numbers of an evaluation are called "f1"');
  });
});

describe("dropLast", () => {
  it("leaves the last rows of an epoch out and says so, or trains on them in a short batch", async () => {
    const batch = { batch: 12, steps: 8, evaluateEvery: 100 };
    const dropped = await run(batch);
    expect(dropped.plan?.leftOut).toBe(4);
    expect(ofType(dropped.events, "step").map(({ examples }) => examples)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => 12 * n)); // biome-ignore format: short
    const kept = await run({ ...batch, dropLast: false });
    expect(kept.plan?.leftOut).toBe(0);
    expect(ofType(kept.events, "step").map(({ examples }) => examples)).toEqual([12, 24, 36, 40, 52, 64, 76, 80]);
  });

  it("makes epochs of all rows: 45 rows in batches of 20 were 40 examples", async () => {
    const { events } = await run({ batch: 15, steps: undefined as never, epochs: 1, dropLast: false });
    expect(ofType(events, "step").at(-1)).toMatchObject({ step: 3, examples: 40 });
  });
});
