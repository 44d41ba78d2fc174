import { blobs } from "@kronograd/data";
import {
  avgPool2d,
  BatchNorm,
  Conv2d,
  Dense,
  dropout,
  flatten,
  type Layer,
  leakyRelu,
  maxPool2d,
  mlp,
  model,
  parameters,
  relu,
  reshapeTo,
  Sequential,
  softmaxCrossEntropy,
  tanh,
} from "@kronograd/layers";
import { adam, adamW, kfac, momentum, Optimizer, schedules, sgd, skfac, type Transform } from "@kronograd/optimizers";
import { add, CheckpointError, cpu, Device, mul, Rng, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { eventsOf, ofType, small } from "../../testing/index.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../checkpoint.ts";
import type { CheckpointTree } from "../checkpoint-tree.ts";
import type { FitOptions } from "../fit-options.ts";
import type { Difference } from "./differences.ts";
import { type Identity, identityOf } from "./identity.ts";

const net = (activation: Layer = relu(), rate = 0): Layer =>
  new Sequential({ in: new Dense({ in: 2, out: 4 }), activation, drop: dropout(rate), out: new Dense({ in: 4, out: 3 }) }, { rng: new Rng(2) }); // biome-ignore format: short

/** Momentum that does not tell its decay. */
const unnamed = (decay: number): Transform => ({ ...momentum({ decay }), name: "mine" });

/** A checkpoint of two steps. */
async function checkpointOf(options: Partial<FitOptions>): Promise<Uint8Array> {
  let last: Uint8Array | undefined;
  const save = (bytes: Uint8Array) => {
    last = bytes;
    return "";
  };
  await eventsOf(small({ steps: 2, ...options, checkpoint: { every: 2, save } }));
  return last as Uint8Array;
}

const resumed = (bytes: Uint8Array, options: Partial<FitOptions>) =>
  eventsOf(small({ steps: 3, ...options, resume: { bytes, file: "last" } }));

/** What a resumed run is refused for. */
async function refusedFor(saved: Partial<FitOptions>, own: Partial<FitOptions>): Promise<readonly Difference[]> {
  try {
    await resumed(await checkpointOf(saved), own);
  } catch (error) {
    if (error instanceof CheckpointError) return error.details.differences as readonly Difference[];
    throw error;
  }
  return [];
}

const named = (found: readonly Difference[]) => found.map(({ option, saved, own }) => `${option}: ${saved} → ${own}`);

describe("identityOf", () => {
  it("takes steps on the tiny problem with every optimizer, each parameter by its name", async () => {
    const parts = { ...small(), model: net() };
    for (const optimizer of [sgd(), adam(), kfac(), skfac()]) {
      const identity = await identityOf({ ...parts, optimizer }, { device: cpu, dtype: "float32" });
      const steps = (identity.optimizer as Identity)["first steps on a fixed problem"];
      expect(Object.keys(steps as Identity)).toEqual(Object.keys(parameters(parts.model)));
    }
  });
});

describe("resume", () => {
  it("lists every option of optimizer and loss that differs, as saved and as it is", async () => {
    const found = await refusedFor(
      { optimizer: skfac({ damping: 0.03, learningRate: 0.01 }), loss: softmaxCrossEntropy() },
      {
        optimizer: skfac({ damping: 10, learningRate: 1, rank: 3, decay: 0.1 }),
        loss: softmaxCrossEntropy({ labelSmoothing: 0.3, reduction: "sum" }),
      },
    );
    const options = found.map(({ option }) => option);
    expect(options).toEqual(expect.arrayContaining(["optimizer.damping", "optimizer.learningRate", "optimizer.rank", "optimizer.decay", "loss.reduction"])); // biome-ignore format: a list
    expect(named(found)).toContain("optimizer.damping: 0.03 → 10");
  });

  it.each<[string, Partial<FitOptions>, Partial<FitOptions>, string]>([
    ["relu for tanh", { model: net(relu()) }, { model: net(tanh()) }, "model.activation.kind: relu → tanh"],
    ["another slope", { model: net(leakyRelu(0.1)) }, { model: net(leakyRelu(0.2)) }, "model.activation.slope: 0.1 → 0.2"], // biome-ignore format: a row
    ["another rate of dropout", { model: net(relu(), 0.1) }, { model: net(relu(), 0.2) }, "model.drop.rate: 0.1 → 0.2"],
    ["another β₁", { optimizer: adam({ momentum: 0.9 }) }, { optimizer: adam({ momentum: 0.1 }) }, "optimizer.momentum: 0.9 → 0.1"], // biome-ignore format: a row
    [
      "another schedule",
      { optimizer: sgd({ learningRate: schedules.cosine(0.1, 100) }) },
      { optimizer: sgd({ learningRate: schedules.cosine(0.1, 200) }) },
      "optimizer.learningRate: cosine(0.1, 100, 0) → cosine(0.1, 200, 0)",
    ],
    ["another batch", { batch: 8 }, { batch: 4 }, "batch: 8 → 4"],
  ])("refuses %s", async (_, saved, own, difference) => {
    expect(named(await refusedFor(saved, own))).toContain(difference);
  });

  it.each<[string, () => Partial<FitOptions>, () => Partial<FitOptions>, string]>([
    [
      "a schedule of the user's own",
      () => ({ optimizer: sgd({ learningRate: () => 0.1 }) }),
      () => ({ optimizer: sgd({ learningRate: (step) => (step < 100 ? 0.1 : 0.01) }) }),
      "optimizer.first steps on a fixed problem",
    ],
    [
      "groups by a function of the name",
      () => ({ optimizer: adamW({ groups: [{ match: (name) => name === "dense1.bias", weightDecay: 0 }] }) }),
      () => ({ optimizer: adamW({ groups: [{ match: (name) => name === "dense2.bias", weightDecay: 0 }] }) }),
      "optimizer.first steps on a fixed problem",
    ],
    [
      "a chain without options to show",
      () => ({ optimizer: new Optimizer({ name: "mine", learningRate: 0.1, chain: unnamed(0.9) }) }),
      () => ({ optimizer: new Optimizer({ name: "mine", learningRate: 0.1, chain: unnamed(0.5) }) }),
      "optimizer.first steps on a fixed problem",
    ],
    [
      "a loss without options to show",
      () => ({ loss: { ...softmaxCrossEntropy(), config: {} } }),
      () => ({ loss: { ...softmaxCrossEntropy({ labelSmoothing: 0.1 }), config: {} } }),
      "loss",
    ],
    [
      "a function between layers",
      () => ({ model: model({ a: net() }, (x: Tensor, { a }) => add(a(x), a(x)), { rng: new Rng(2) }) }),
      () => ({ model: model({ a: net() }, (x: Tensor, { a }) => mul(a(x), a(x)), { rng: new Rng(2) }) }),
      "model.forward pass, op",
    ],
    ["another pooling", () => ({ model: pooled(maxPool2d(2)) }), () => ({ model: pooled(avgPool2d(2)) }), "model.forward pass, op"], // biome-ignore format: a row
  ])("sees %s by what it does", async (_, saved, own, option) => {
    const found = await refusedFor(saved(), own());
    expect(found).toHaveLength(1);
    expect(found[0]?.option).toContain(option);
  });

  it("takes the same options from equal functions", async () => {
    const options = () => ({
      model: net(leakyRelu(0.1), 0.2),
      optimizer: adamW({
        learningRate: (step) => 0.1 / (step + 1),
        groups: [{ match: (name) => name.endsWith("bias"), weightDecay: 0 }],
      }),
    });
    expect(await refusedFor(options(), options())).toEqual([]);
  });

  it("takes models with running statistics, and every optimizer's own checkpoint", async () => {
    const normed = () =>
      new Sequential([new Dense({ in: 2, out: 4 }), new BatchNorm({ features: 4 }), new Dense({ in: 4, out: 3 })], { rng: new Rng(1) }); // biome-ignore format: short
    for (const optimizer of [() => kfac(), () => skfac(), () => kfac({ norms: true })])
      expect(await refusedFor({ model: normed(), optimizer: optimizer() }, { model: normed(), optimizer: optimizer() })).toEqual([]); // biome-ignore format: short
  });

  it("says in its message what differs and how to go on", async () => {
    const bytes = await checkpointOf({ optimizer: adam({ momentum: 0.9 }) });
    await expect(resumed(bytes, { optimizer: adam({ momentum: 0.5 }), batch: 4 })).rejects.toThrow(
      "last: belongs to another run: optimizer.momentum (expected 0.5, got 0.9); batch (expected 4, got 8). " +
        "Resume with the optimizer of the run, or pass allowChanges: true (--allow-changes) to go on knowingly.",
    );
    await expect(resumed(bytes, { optimizer: adam({ momentum: 0.5 }) })).rejects.toThrow(
      "last: belongs to a run with another optimizer.momentum (expected 0.5, got 0.9). ",
    );
  });
});

function pooled(pool: Layer): Layer {
  const [image, conv] = [reshapeTo([1, 1, 2]), new Conv2d({ in: 1, out: 4, kernel: 1, padding: 1 })];
  return new Sequential(
    { image, conv, pool, flatten: flatten(), out: new Dense({ in: 8, out: 3 }) },
    { rng: new Rng(2) },
  );
}

describe("allowChanges", () => {
  it("goes on with other options, keeps the state, and says what differs in a notice", async () => {
    const bytes = await checkpointOf({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) });
    const optimizer = sgd({ learningRate: 0, momentum: 0.5 });
    const events = await resumed(bytes, { optimizer, allowChanges: true });
    expect(ofType(events, "notice").map(({ text }) => text)).toEqual([
      "resumed with changes: optimizer.learningRate: 0.1 → 0; optimizer.momentum: 0.9 → 0.5",
    ]);
    expect(events.map(({ type }) => type).slice(0, 3)).toEqual(["plan", "notice", "step"]);
    const { parameters: saved } = decodeCheckpoint(bytes) as unknown as {
      parameters: Record<string, { dataSync(): Float32Array }>;
    };
    expect(optimizer.state).not.toBeNull();
    const net = mlp([2, 5, 3], { rng: new Rng(2) });
    await resumed(bytes, { model: net, optimizer: sgd({ learningRate: 0, momentum: 0.5 }), allowChanges: true });
    expect(parameters(net)["dense1.weight"]?.dataSync()).toEqual(saved["dense1.weight"]?.dataSync());
  });

  it("begins without a state where the optimizer is of another kind", async () => {
    const bytes = await checkpointOf({ optimizer: sgd({ momentum: 0.9 }) });
    const events = await resumed(bytes, { optimizer: skfac(), allowChanges: true });
    expect(ofType(events, "notice")[0]?.text).toMatch(/optimizer\.name: sgd → skfac.*begins without a state$/);
    expect(ofType(events, "end")[0]).toMatchObject({ reason: "done", step: 3 });
  });

  it("takes a smaller epoch, another device and other data", async () => {
    const bytes = await checkpointOf({ steps: 4 });
    const device = new Device(cpu.backend);
    const other = {
      batch: 20,
      model: mlp([2, 5, 3], { rng: new Rng(2), device }),
      data: blobs({ rng: new Rng(5), train: 40, test: 20 }),
    };
    const events = await resumed(bytes, { ...other, steps: 6, allowChanges: true });
    expect(ofType(events, "end")[0]).toMatchObject({ reason: "done", step: 6 });
  });

  it("says nothing where nothing differs", async () => {
    const events = await resumed(await checkpointOf({}), { allowChanges: true });
    expect(ofType(events, "notice")).toEqual([]);
  });

  it("does not take a model whose tensors do not fit", async () => {
    const model = mlp([2, 6, 3], { rng: new Rng(2) });
    await expect(resumed(await checkpointOf({}), { model, allowChanges: true })).rejects.toThrow(CheckpointError);
  });
});

describe("a checkpoint without options", () => {
  it("is refused, and taken with a notice where changes are allowed", async () => {
    const tree = decodeCheckpoint(await checkpointOf({})) as Record<string, CheckpointTree>;
    const bytes = await encodeCheckpoint({
      ...tree,
      identity: { optimizer: "sgd", loss: "softmaxCrossEntropy", batch: 8 },
    });
    await expect(resumed(bytes, {})).rejects.toThrow("does not say which options its run had");
    const events = await resumed(bytes, { allowChanges: true });
    expect(ofType(events, "notice")[0]?.text).toContain("does not say which options");
  });
});
