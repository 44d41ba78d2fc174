import { defineDataset, defineStreamedDataset, shardStream, sliceRows } from "@kronograd/data";
import { Dense, Embedding, model, parameters, softmaxCrossEntropy, transformerEncoder } from "@kronograd/layers";
import { adam, kfac, sgd, skfac } from "@kronograd/optimizers";
import { add, mean, Rng, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { eventsOf, ofType, small } from "../testing/index.ts";
import type { FitOptions } from "./fit-options.ts";

const rng = new Rng(7);
const int = (rows: number[][]) => ({ values: rows, prepare: "integers" as const });

/** Tokens below 6, each to be tagged by whether it is the largest so far. */
const tagged = (stream: Rng, count: number) => {
  const inputs = Array.from({ length: count }, () => Array.from({ length: 5 }, () => stream.integer(6)));
  return { inputs: int(inputs), targets: inputs.map((row) => row.map((token, i) => Number(token >= Math.max(...row.slice(0, i + 1))))) }; // biome-ignore format: short
};
const tags = defineDataset({
  name: "records",
  task: "classification",
  classes: 2,
  source: "made up",
  train: tagged(rng.fork("train"), 160),
  test: tagged(rng.fork("test"), 50),
});

/** A token and a number, with weights; the label is whether their sum is above 3. */
const pairs = (stream: Rng, count: number) => {
  const rows = Array.from({ length: count }, () => [stream.integer(6), stream.normal()] as const);
  return {
    inputs: { token: int(rows.map(([token]) => [token])), number: rows.map(([, x]) => [x]) },
    targets: rows.map(([token, x], i) => (i % 4 === 3 ? 0 : Number(token + x > 3))), // every fourth is wrong
    weights: rows.map((_, i) => Number(i % 4 !== 3)), // and is not there
  };
};
const both = defineDataset({
  name: "pairs",
  task: "classification",
  classes: 2,
  source: "made up",
  train: pairs(rng.fork("pairs"), 160),
  test: pairs(rng.fork("more"), 40),
});
const pairModel = () =>
  model(
    { token: new Embedding({ count: 6, features: 8 }), number: new Dense({ in: 1, out: 8 }), head: new Dense({ in: 8, out: 2 }) }, // biome-ignore format: short
    (x: { token: Tensor; number: Tensor }, { token, number, head }) => head(add(mean(token(x.token), 1), number(x.number))), // biome-ignore format: short
    { rng: new Rng(2) },
  );

const last = async (options: Partial<FitOptions>) => {
  const evals = ofType(await eventsOf(small({ batch: 20, ...options })), "eval");
  return evals.at(-1)?.metrics.accuracy as number;
};

describe("fit on columns", () => {
  it.each([
    ["adam", () => adam({ learningRate: 0.01 })],
    ["kfac", () => kfac({ learningRate: 0.03, damping: 0.03, statisticsEvery: 5, refreshEvery: 5 })],
  ])("trains a token model with a label at each position, with %s", async (_, optimizer) => {
    const tagger = transformerEncoder({ vocabulary: 6, features: 12, heads: 2, blocks: 1, classes: 2, length: 5, pool: "none", causal: true, rng: new Rng(1) }); // biome-ignore format: short
    expect(await last({ data: tags, model: tagger, optimizer: optimizer(), epochs: 4 })).toBeGreaterThan(0.8);
  });

  it("trains a model of two inputs by name, and rows of weight 0 are not there", async () => {
    expect(await last({ data: both, model: pairModel(), optimizer: skfac({ learningRate: 0.05 }), epochs: 8 })).toBeGreaterThan(0.9); // biome-ignore format: short
  });

  it("k micro-batches = one batch with weights, whose sum the whole batch counts", async () => {
    const weightsAfter = async (microBatch: number) => {
      const net = pairModel();
      await eventsOf(small({ data: both, model: net, batch: 20, microBatch, steps: 3, optimizer: sgd({ learningRate: 0.5 }) })); // biome-ignore format: short
      return Object.values(parameters(net)).flatMap((t) => [...t.dataSync()]);
    };
    const whole = await weightsAfter(20);
    for (const rows of [3, 7]) {
      for (const [i, value] of (await weightsAfter(rows)).entries()) expect(value).toBeCloseTo(whole[i] as number, 5);
    }
  });

  it("goes on from a checkpoint with the same bits", async () => {
    const files = new Map<number, Uint8Array>();
    const checkpoint = {
      every: 2,
      save: (bytes: Uint8Array, { step }: { step: number }) => `${files.set(step, bytes).size}`,
    };
    const options = { data: both, batch: 20, steps: 6, checkpoint };
    const [net, again] = [pairModel(), pairModel()];
    await eventsOf(small({ ...options, model: net, optimizer: adam() }));
    const resume = { bytes: files.get(2) as Uint8Array, file: "step 2" };
    await eventsOf(small({ ...options, model: again, optimizer: adam(), resume }));
    const bits = (of: ReturnType<typeof pairModel>) => Object.values(parameters(of)).map((t) => t.dataSync());
    expect(bits(again)).toEqual(bits(net));
  });

  it("trains on a stream of shards, and goes on from a checkpoint in the middle of one with the same bits", async () => {
    const train = shardStream([50, 70, 40], (shard) => sliceRows(both.train, [0, 50, 120][shard] as number, [50, 120, 160][shard] as number)); // biome-ignore format: short
    const { name, task, source } = both;
    const test = pairs(rng.fork("more"), 40);
    const data = defineStreamedDataset({ name, task, classes: 2, train, test, source, identity: "pairs" });
    const files = new Map<number, Uint8Array>();
    const checkpoint = {
      every: 3,
      save: (bytes: Uint8Array, { step }: { step: number }) => `${files.set(step, bytes).size}`,
    };
    const options = { data, batch: 20, steps: 12, checkpoint, evaluateEvery: 6 };
    const [net, again] = [pairModel(), pairModel()];
    const events = await eventsOf(small({ ...options, model: net, optimizer: adam({ learningRate: 0.03 }) }));
    expect(ofType(events, "plan")[0]?.rows).toMatchObject({ train: 160, test: 40, leftOut: 0 });
    const losses = ofType(events, "eval").map(({ loss }) => loss);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    const resume = { bytes: files.get(3) as Uint8Array, file: "step 3" };
    await eventsOf(small({ ...options, model: again, optimizer: adam({ learningRate: 0.03 }), resume }));
    const bits = (of: ReturnType<typeof pairModel>) => Object.values(parameters(of)).map((t) => t.dataSync());
    expect(bits(again)).toEqual(bits(net));
    const wanted = eventsOf(small({ ...options, model: pairModel(), until: () => true }));
    await expect(wanted).rejects.toThrow("no rows can be held out of a stream");
  });

  it("says that a loss takes one column of targets", async () => {
    const { train } = both;
    const data = { ...both, train: { ...train, targets: { a: train.targets, b: train.targets } } };
    const run = eventsOf(small({ data: data as never, model: pairModel(), loss: softmaxCrossEntropy(), steps: 1 }));
    await expect(run).rejects.toThrow("the loss takes one column of targets");
  });
});
