/**
 * A toy of each kind of curvature method, in one file and touching no other: it fits the contract and gets schedules, plan,
 * inspect, resume, the guard against non-finite statistics, and the suite.
 */

import { type Gradient, type LayerRecord, partsGradient, perExample, valueAndGrad, vjp } from "@kronograd/autograd";
import { gatherBatch, spiral } from "@kronograd/data";
import { mlp, parameters, softmaxCrossEntropy, tanh } from "@kronograd/layers";
import { cholesky, choleskySolve, damped, dampedInverse } from "@kronograd/linalg";
import {
  type AnyMethod,
  accumulate,
  type CurvatureMethod,
  chain,
  defineCurvature,
  type Exchange,
  ekfac,
  inspectState,
  kfac,
  type Linearized,
  mapTensors,
  momentum,
  type Observed,
  Optimizer,
  planBlock,
  precondition,
  skfac,
  updatesOf,
} from "@kronograd/optimizers";
import { verifyCurvature } from "@kronograd/suites/curvature";
import {
  add,
  copy,
  div,
  eye,
  matmul,
  mul,
  Rng,
  reshape,
  retain,
  scale,
  shift,
  slice,
  sum,
  type Tensor,
  tensor,
  transpose,
} from "@kronograd/tensor";
import { deferred } from "@kronograd/testkit";
import { type FitOptions, type RunEvent, fit as runOf } from "@kronograd/train";
import "@kronograd/testkit";
import { describe, expect, it } from "vitest";

const placement = { dtype: "float64" } as const;

type Sides = { readonly L: Tensor | null; readonly R: Tensor | null; readonly inverses: readonly Tensor[] };

/** Gradients alone: sums of GGᵀ and GᵀG, inverted from time to time. */
const matrixOfGradients = defineCurvature<Sides>({
  name: "matrixOfGradients",
  source: "a toy after Gupta et al. (2018)",
  takes: ({ shape }) => shape.length === 2,
  needs: { gradient: "dense" },
  claims: [],
  init: () => ({ L: null, R: null, inverses: [] }),
  statistics: {
    join(state, { gradient }) {
      const g = gradient.dense();
      const [L, R] = [matmul(g, transpose(g)), matmul(transpose(g), g)];
      return { ...state, L: state.L ? add(state.L, L) : L, R: state.R ? add(state.R, R) : R };
    },
  },
  refresh: (state, { damping }) => ({
    ...state,
    inverses: [dampedInverse(state.L as Tensor, damping), dampedInverse(state.R as Tensor, damping)],
  }),
  precondition: ({ inverses: [l, r] }, gradient, { damping }) =>
    scale(matmul(matmul(l as Tensor, gradient.dense()), r as Tensor), damping),
  inspect: ({ L, R }) => (L === null ? {} : { matrices: { L, R: R as Tensor } }),
  plan: ({ shape, role }) => ({ form: `${role} [${shape.join(", ")}]`, flops: 1, bytes: 8, precision: "float64" }),
});

/** Second moments of single examples' gradients, element by element; parts of a batch add up. */
const momentsOfExamples = defineCurvature<{ readonly S: Tensor | null }, { readonly S: Tensor }>({
  name: "momentsOfExamples",
  source: "a toy",
  needs: { inputs: true, outputGrads: "empirical", gradient: "dense" },
  claims: ["spd", "linear", "dampingLimit", "batchInvariant", "lossScale"],
  init: () => ({ S: null }),
  statistics: {
    observe(record) {
      const { inputs, outputGrads } = perExample(record); // [N, T, i], [1, N, T, o]
      const [N, T, i] = inputs.shape as [number, number, number];
      const o = outputGrads.shape[3] as number;
      const gradients = matmul(transpose(reshape(outputGrads, [N, T, o])), reshape(inputs, [N, T, i])); // [N, o, i]
      return { S: scale(sum(mul(gradients, gradients), 0), 1 / N) };
    },
    join: (state, { batch }) => ({ ...state, S: (batch as { S: Tensor }).S }),
  },
  precondition: ({ S }, gradient, { damping }) => div(gradient.dense(), shift(S as Tensor, damping)),
  inspect: ({ S }) => (S === null ? {} : { matrices: { S } }),
});

/** Squares of the gradient under labels drawn from the model, for every parameter. */
const drawnLabels = defineCurvature<{ readonly h: Tensor | null }>({
  name: "drawnLabels",
  source: "a toy after Liu et al. (2023)",
  takes: () => true,
  needs: { gradient: "dense", labelGradient: "sampled" },
  claims: [],
  init: () => ({ h: null }),
  statistics: {
    join(_, { labelGradient, examples }) {
      const g = (labelGradient as Gradient).dense();
      return { h: scale(mul(g, g), Math.max(1, examples)) };
    },
  },
  precondition: ({ h }, gradient, { damping }) => div(gradient.dense(), shift(h as Tensor, damping)),
});

/** The whole model: a Newton step on the Gauss–Newton matrix, halved until the loss falls. */
const newton: CurvatureMethod<{ readonly length: number }, never, never, "model"> = defineCurvature({
  name: "newton",
  source: "a toy",
  scope: "model",
  needs: { gradient: "dense", oracles: ["linearized", "trial"], numbers: true },
  claims: [],
  ownStep: true,
  init: () => ({ length: 1 }),
  precondition(_, gradients, { oracles, damping, parameters: weights, report }) {
    const [linearized, trial] = [
      oracles.linearized as () => Linearized,
      oracles.trial as NonNullable<typeof oracles.trial>,
    ];
    const tree = treeOf(weights);
    const products = linearized().ggnvp(Array.from({ length: tree.size }, (_, k) => tree.unit(k)));
    const B = reshape(
      tensor(
        products.flatMap((product) => tree.flat(product)),
        placement,
      ),
      [tree.size, tree.size],
    );
    const g = tree.flat(byParameter(gradients));
    const solution = choleskySolve(cholesky(damped(B, damping)), reshape(tensor(g, placement), [-1, 1]));
    const direction = tree.unflat(solution);
    const here = trial(direction, 0).itemSync();
    let length = 1;
    while (trial(direction, length).itemSync() > here && length > 1e-6) length /= 2;
    report("length", length);
    const steps = new Map(
      [...gradients].map(([name, gradient]) => {
        const parts = gradient.block.parameters.map((own) => scale(direction[own] as Tensor, length));
        return [name, partsGradient(gradient.block, parts)] as const;
      }),
    );
    return { direction: steps, state: { length } };
  },
});

function byParameter(
  updates: ReadonlyMap<string, { block: { parameters: readonly string[] }; parts(): readonly Tensor[] }>,
) {
  const entries = [...updates.values()].flatMap(({ block, parts }) =>
    parts().map((part, i) => [block.parameters[i] as string, part] as const),
  );
  return Object.fromEntries(entries);
}

/** All weights as one vector. */
function treeOf(weights: Readonly<Record<string, Tensor>>) {
  const entries = Object.entries(weights);
  const size = entries.reduce((n, [, t]) => n + t.size, 0);
  const unflat = (vector: Tensor) => {
    let from = 0;
    const flat = reshape(vector, [-1]);
    const parts = entries.map(([name, t]) => {
      const part = reshape(slice(flat, [[from, from + t.size]]), t.shape);
      from += t.size;
      return [name, part] as const;
    });
    return Object.fromEntries(parts);
  };
  return {
    size,
    unflat,
    flat: (tree: Readonly<Record<string, Tensor>>) =>
      entries.flatMap(([name]) => [...(tree[name] as Tensor).dataSync()]),
    unit: (k: number) => unflat(slice(eye(size, placement), [[k, k + 1]])),
  };
}

const optimizers = {
  "gradients alone": (statisticsEvery = 1) =>
    new Optimizer({
      name: "toy",
      learningRate: 0.05,
      chain: chain(precondition(matrixOfGradients, { refreshEvery: 3, statisticsEvery, damping: 0.1 }), momentum()),
    }),
  "single examples": (statisticsEvery = 1) =>
    new Optimizer({
      name: "toy",
      learningRate: 0.01,
      chain: chain(precondition(momentsOfExamples, { statisticsEvery, damping: 0.1 }), momentum()),
    }),
  "labels drawn from the model": (statisticsEvery = 1) =>
    new Optimizer({
      name: "toy",
      learningRate: 0.02,
      chain: chain(precondition(drawnLabels, { statisticsEvery, damping: 0.1 }), momentum()),
    }),
  "the whole model": () => new Optimizer({ name: "toy", chain: chain(precondition(newton, { damping: 0.05 })) }),
};

const data = spiral({ rng: new Rng(1), train: 60, test: 20 });
const setUp = (optimizer: Optimizer, more = {}) => {
  const model = mlp([2, 4, 2], { rng: new Rng(0), activation: tanh, ...placement });
  const options = {
    model,
    data,
    loss: softmaxCrossEntropy(),
    optimizer,
    batch: 20,
    steps: 8,
    rng: new Rng(2),
    ...more,
  };
  return { model, options };
};
const eventsOf = async (options: FitOptions): Promise<RunEvent[]> => {
  const events: RunEvent[] = [];
  for await (const event of runOf(options)) events.push(event);
  return events;
};
const weightsOf = (model: Parameters<typeof parameters>[0]) =>
  Object.values(parameters(model)).map((t) => [...t.dataSync()]);
const lossesOf = (events: readonly RunEvent[]) => events.flatMap((e) => (e.type === "step" ? [e.loss as number] : []));

describe.each(Object.entries(optimizers))("a method of %s", (name, make) => {
  it("trains through fit", async () => {
    const { options } = setUp(make());
    const losses = lossesOf(await eventsOf({ ...options, batch: 60, steps: 20 }));
    expect(losses).toHaveLength(20);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  });

  it("resumes to the bits of the run that was not interrupted", async () => {
    const saved: Uint8Array[] = [];
    const through = setUp(make());
    const save = (bytes: Uint8Array) => {
      saved.push(bytes);
      return "here";
    };
    await eventsOf({ ...through.options, checkpoint: { every: 5, save } });
    const resumed = setUp(make());
    await eventsOf({ ...resumed.options, resume: { bytes: saved[1] as Uint8Array, file: "here" } });
    expect(weightsOf(resumed.model)).toEqual(weightsOf(through.model));
  });

  it("takes micro-batches for the whole batch, to rounding", async () => {
    if (name === "labels drawn from the model") return; // other parts draw other labels
    const [whole, parts] = [setUp(make()), setUp(make(), { microBatch: 7 })];
    const [a, b] = [lossesOf(await eventsOf(whole.options)), lossesOf(await eventsOf(parts.options))];
    a.forEach((loss, i) => {
      expect(b[i]).toBeCloseTo(loss, 9);
    });
  });
});

const mapMessage = (sent: ReadonlyMap<string, readonly Observed[]>, f: (t: Tensor) => Tensor) =>
  new Map([...sent].map(([name, list]) => [name, list.map((part) => ({ ...part, batch: mapTensors(part.batch, f) }))]));

describe("statistics of two workers", () => {
  /** One batch in two parts: what one process that takes both parts sees, and each of two workers. */
  function inParts(make: () => Optimizer) {
    const model = mlp([2, 4, 2], { rng: new Rng(0), activation: tanh, ...placement });
    const weights = parameters(model);
    const { inputs, targets } = gatherBatch(data.train, Array.from({ length: 12 }, (_, i) => i), placement) as { inputs: Tensor; targets: Tensor }; // biome-ignore format: one batch
    const loss = softmaxCrossEntropy();
    const rows = loss.rows(targets);
    const one = make();
    const parts = [
      [0, 7],
      [7, 12],
    ].map(([from, to]) => {
      // biome-ignore format: two parts
      const cut = (t: Tensor) => slice(t, [[from as number, to as number]]);
      const outputs = () => model.forward(cut(inputs), { training: true, rng: new Rng(3) });
      const objective = { outputs, loss, targets: cut(targets), rows: rows.part(from as number, to as number) };
      return valueAndGrad(objective, weights, { capture: one.needs(0) });
    });
    const [first, second] = parts as [(typeof parts)[0], (typeof parts)[0]];
    const gradients = accumulate(accumulate(null, first.gradients, 1), second.gradients, 1);
    const names = [...first.records.keys()];
    const recordsOf = (list: typeof parts) =>
      new Map(names.map((name) => [name, list.map(({ records }) => records.get(name) as LayerRecord)]));
    const directions = (optimizer: Optimizer, list: typeof parts, more = {}) => {
      const updates = optimizer.update(gradients, { parameters: weights, step: 0, records: recordsOf(list), ...more });
      return [...updates.values()].flatMap((update) => [...update.dense().dataSync()]);
    };
    return { alone: directions(one, parts), parts, directions, make };
  }

  const methods = {
    kfac: () => kfac({ refreshEvery: 1 }),
    ekfac: () => ekfac({ refreshEvery: 1 }),
    skfac: () => skfac({ refreshEvery: 1 }),
    "skfac of the last batch": () => skfac({ refreshEvery: 1, rank: null }),
    "some of the examples": () => kfac({ refreshEvery: 1, examplesPerBatch: 9 }),
    "moments of examples": optimizers["single examples"],
  };

  it.each(Object.entries(methods))("have the bits of one process that takes the same two parts: %s", (_, make) => {
    const { alone, parts, directions } = inParts(make);
    const starts = [0, 7];
    /** Worker `rank` observes its own part; `exchange` gets it and gives the parts of both, in the same order. */
    const worker = (rank: number, exchange: Exchange) =>
      directions(make(), [parts[rank] as (typeof parts)[0]], {
        rows: { from: starts[rank] as number, total: 12 },
        exchange,
      });
    type Sent = ReadonlyMap<string, readonly Observed[]>;
    const message = (own: Sent): Sent => mapMessage(own, (t) => retain(copy(t)));
    const together: Sent[] = []; // what each exchange of the step gives
    for (;;) {
      const next: Sent[] = [];
      const results = [0, 1].map((rank) => {
        let call = 0;
        return worker(rank, (own) => {
          const known = together[call];
          if (call === together.length) next.push(message(own));
          call += 1;
          return known ?? own;
        });
      });
      if (next.length === 0) {
        for (const result of results) expect(result).toEqual(alone);
        break;
      }
      const [first, second] = next as [Sent, Sent];
      const names = [...new Set([...first.keys(), ...second.keys()])];
      together.push(new Map(names.map((name) => [name, [...(first.get(name) ?? []), ...(second.get(name) ?? [])]])));
    }
    expect(alone.every(Number.isFinite)).toBe(true);
  });
});

describe("what comes with the contract", () => {
  it("a plan by role, and matrices to inspect, without a record of a layer", async () => {
    const optimizer = optimizers["gradients alone"]();
    const block = { name: "w", shape: [3, 2], isLayer: false };
    expect(planBlock(optimizer.chain, block, 8, { w: "hidden" })?.form).toBe("hidden [3, 2]");
    await eventsOf(setUp(optimizer).options);
    const views = inspectState(optimizer);
    expect(Object.values(views)[0]?.matrices?.L?.shape).toEqual([4, 4]);
  });

  it("gradients under other labels, scaled as the gradient is: Jᵀ of the label column over N", () => {
    const model = mlp([2, 3], { rng: new Rng(0), ...placement });
    const weights = parameters(model);
    const { inputs, targets } = gatherBatch(data.train, [0, 1, 2, 3], placement) as { inputs: Tensor; targets: Tensor };
    const u = tensor([[1, 0, 2], [0, 3, 0], [0, 0, -1], [4, 0, 0]], placement); // biome-ignore format: a matrix
    const loss = { ...softmaxCrossEntropy(), labelColumns: () => [u] };
    const outputs = () => model.forward(inputs, { training: true });
    const capture = { layers: true, labelGradient: "sampled" } as const;
    const { labelGradients } = valueAndGrad({ outputs, loss, targets }, weights, { capture, rng: new Rng(1) });
    using back = vjp(outputs, weights);
    const want = back.pull(u);
    const [layer] = [...(labelGradients?.values() ?? [])];
    layer?.parts().forEach((part, i) => {
      const name = layer.block.parameters[i] as string;
      expect(part).toBeAllclose(scale(want[name] as Tensor, 1 / 4));
    });
    expect(layer?.parts()).toHaveLength(2);
  });

  it("schedules: statistics on every second step alone", () => {
    let looks = 0;
    const counted: AnyMethod = {
      ...matrixOfGradients,
      statistics: { join: (...args) => { looks += 1; return matrixOfGradients.statistics?.join(...args) as Sides; } }, // biome-ignore format: short
    };
    const optimizer = new Optimizer({
      name: "toy",
      learningRate: 0.01,
      chain: precondition(counted, { statisticsEvery: 2 }),
    });
    const { model } = setUp(optimizer);
    const weights = parameters(model);
    for (let step = 0; step < 8; step++) {
      const updates = updatesOf(Object.fromEntries(Object.entries(weights).map(([name, t]) => [name, copy(t)])));
      optimizer.update(updates, { parameters: weights, step });
    }
    expect(looks).toBe(2 * 4); // two weights, steps 0, 2, 4, 6
  });

  it("the suite proves the claims of the method of single examples", () => {
    const { verdicts } = verifyCurvature(momentsOfExamples);
    expect(verdicts.filter(({ status }) => status === "failed")).toEqual([]);
  });

  it("reports of the method, and a rate of 1 that nobody chooses", async () => {
    const events = await eventsOf(setUp(optimizers["the whole model"]()).options);
    const step = events.find(({ type }) => type === "step") as Extract<RunEvent, { type: "step" }>;
    expect(step.reported.length).toBeGreaterThan(0);
    expect(step.learningRate).toBe(1);
    expect(() => chain(precondition(newton), momentum())).toThrow(/sets the length of its own step/);
    expect(() => new Optimizer({ name: "toy", learningRate: 0.1, chain: precondition(newton) })).toThrow(/is the step/);
  });

  it("refuses a device that must be waited for before the run starts, by the method's name", async () => {
    const { options } = setUp(optimizers["the whole model"]());
    const model = mlp([2, 4, 2], { rng: new Rng(0), device: deferred() });
    await expect(eventsOf({ ...options, model })).rejects.toThrow(/newton: device "deferred" is asynchronous/);
  });
});
