import { joinRecords, type LayerRecord, valueAndGrad } from "@kronograd/autograd";
import { type TinyProblem, tinyConvNet, tinyMlp } from "@kronograd/suites";
import { copy, Rng, scale, slice, type Tensor, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { ekfac } from "./catalog/ekfac.ts";
import { kfac } from "./catalog/kfac.ts";
import { skfac } from "./catalog/skfac.ts";
import { accumulate } from "./driver/accumulate.ts";
import type { Optimizer } from "./optimizer.ts";
import { loadState } from "./state/optimizer-state.ts";
import { mapTensors } from "./state/state.ts";
import type { Updates } from "./transform.ts";

const float64 = { dtype: "float64" } as const;
const makers: Record<string, () => Optimizer> = {
  kfac: () => kfac({ refreshEvery: 2 }),
  "kfac, sampled labels": () => kfac({ labels: "sampled", refreshEvery: 2 }),
  ekfac: () => ekfac({ refreshEvery: 2 }),
  skfac: () => skfac({ refreshEvery: 2, rank: 4 }),
  "skfac of the last batch": () => skfac({ refreshEvery: 1, rank: null }),
};
const problems: Record<string, () => TinyProblem> = {
  MLP: () => tinyMlp(float64),
  "conv net": () => tinyConvNet(float64),
};

type Captured = { gradients: Updates; records: ReadonlyMap<string, LayerRecord> };

/** Gradients and records of examples from … to of the problem. */
function capture(
  { model, data, objective, parameters }: TinyProblem,
  optimizer: Optimizer,
  step: number,
  [from, to]: readonly [number, number],
): Captured {
  const part = (t: Tensor) => slice(t, [[from, to]]);
  const smooth = objective as Exclude<typeof objective, () => Tensor>;
  const own = { ...smooth, outputs: () => model.forward(part(data.x), { training: true }), targets: part(data.labels) };
  return valueAndGrad(own, parameters, { capture: optimizer.needs(step), rng: new Rng(1).fork(step) });
}

function take({ parameters }: TinyProblem, optimizer: Optimizer, step: number, { gradients, records }: Captured): void {
  optimizer.apply(parameters, optimizer.update(gradients, { parameters, records, step }), step);
}

const values = ({ parameters }: TinyProblem) => Object.values(parameters).map((t) => [...t.dataSync()]);

describe("T26: side effects of second-order optimizers", () => {
  for (const [name, make] of Object.entries(makers)) {
    it(`leave gradients, parameters and the random stream as they are: ${name}`, () => {
      const problem = tinyMlp(float64);
      using optimizer = make();
      const seen = capture(problem, optimizer, 0, [0, 12]);
      const before = [...seen.gradients.values()].map((gradient) => [...gradient.dense().dataSync()]);
      const weights = values(problem);
      const rng = new Rng(3);
      optimizer.update(seen.gradients, { parameters: problem.parameters, records: seen.records, step: 0, rng });
      expect([...seen.gradients.values()].map((gradient) => [...gradient.dense().dataSync()])).toEqual(before);
      expect(values(problem)).toEqual(weights);
      expect(rng.state()).toEqual(new Rng(3).state());
    });
  }
});

describe("T27: k micro-batches", () => {
  for (const [name, make] of Object.entries(makers)) {
    if (name.includes("sampled")) continue; // other draws for other batches
    for (const [kind, makeProblem] of Object.entries(problems)) {
      it(`are one batch: ${name}, ${kind}`, () => {
        const [whole, split] = [makeProblem(), makeProblem()];
        using one = make();
        using many = make();
        const examples = whole.data.x.shape[0] as number;
        const cuts = [0, 1, examples / 2, examples];
        for (let step = 0; step < 4; step++) {
          take(whole, one, step, capture(whole, one, step, [0, examples]));
          const parts = cuts.slice(1).map((to, k) => [cuts[k] as number, to] as const);
          const captured = parts.map((range) => capture(split, many, step, range));
          const gradients = captured.reduce<Updates | null>(
            (sum, { gradients: own }, k) =>
              accumulate(
                sum,
                own,
                ((parts[k] as readonly [number, number])[1] - (parts[k] as readonly [number, number])[0]) / examples,
              ),
            null,
          ) as Updates;
          const names = [...(captured[0] as Captured).records.keys()];
          const records = new Map(
            names.map((layer) => [layer, joinRecords(captured.map((own) => own.records.get(layer) as LayerRecord))]),
          );
          take(split, many, step, { gradients, records });
        }
        values(split).forEach((list, i) => {
          list.forEach((value, k) => {
            expect(Math.abs(value - (values(whole)[i] as number[])[k]!)).toBeLessThan(1e-12);
          });
        });
      });
    }
  }
});

describe("T27: resuming", () => {
  for (const [name, make] of Object.entries(makers)) {
    for (const [kind, makeProblem] of Object.entries(problems)) {
      it(`in the middle of a run continues bit for bit: ${name}, ${kind}`, () => {
        const [through, resumed] = [makeProblem(), makeProblem()];
        const examples = through.data.x.shape[0] as number;
        using one = make();
        using first = make();
        using second = make();
        for (let step = 0; step < 6; step++) {
          take(through, one, step, capture(through, one, step, [0, examples]));
          if (step === 3)
            loadState(
              second,
              mapTensors(first.state, (t) => tensor(t.dataSync(), { shape: t.shape })),
            );
          const own = step < 3 ? first : second;
          take(resumed, own, step, capture(resumed, own, step, [0, examples]));
        }
        expect(values(resumed)).toEqual(values(through));
      });
    }
  }
});

describe("secondOrder", () => {
  const problem = tinyMlp(float64);
  const seen = (optimizer: Optimizer) => capture(problem, optimizer, 0, [0, 12]);
  const directions = (optimizer: Optimizer, report?: (name: string, value: number | Tensor) => void) => {
    const { gradients, records } = seen(optimizer);
    const updates = optimizer.update(gradients, {
      parameters: problem.parameters,
      records,
      step: 0,
      ...(report ? { report } : {}),
    });
    return new Map([...updates].map(([name, update]) => [name, copy(update.dense())]));
  };

  it("clips after it preconditions, and reports the coefficient", () => {
    let coefficient = Number.NaN;
    const clipped = directions(kfac({ klClip: 1e-6, learningRate: 1 }), (name, value) => {
      if (name === "klClip") coefficient = typeof value === "number" ? value : value.itemSync();
    });
    expect(coefficient).toBeLessThan(1);
    for (const [name, plain] of directions(kfac({ klClip: null }))) {
      expect(clipped.get(name)).toBeAllclose(scale(plain, coefficient));
    }
  });

  it("decays weights beside the curvature, not through it", () => {
    const plain = directions(kfac({ klClip: null }));
    const decayed = directions(kfac({ klClip: null, weightDecay: 0.5 }));
    const difference = (decayed.get("dense1") as Tensor).sub(plain.get("dense1") as Tensor);
    expect(slice(difference, [null, [0, 4]])).toBeAllclose(scale(problem.parameters["dense1.weight"] as Tensor, 0.5));
  });

  it("has no momentum, clip or decay where they are off: the direction is the preconditioned gradient", () => {
    const bare = kfac({ momentum: 0, klClip: null });
    const { gradients, records } = seen(bare);
    const step = { parameters: problem.parameters, records, step: 0 };
    const first = [...bare.update(gradients, step).values()].map((update) => copy(update.dense()));
    const second = [...bare.update(gradients, { ...step, step: 1 }).values()].map((update) => update.dense());
    second.forEach((update, i) => {
      expect(update).toBeAllclose(first[i] as Tensor);
    });
  });

  it("trains the small nets: the loss falls to a tenth within 60 steps", () => {
    for (const make of Object.values(makers)) {
      const own = tinyMlp(float64);
      using optimizer = make();
      const loss = () => valueAndGrad(own.objective, own.parameters).value.itemSync();
      const start = loss();
      for (let step = 0; step < 60; step++) take(own, optimizer, step, capture(own, optimizer, step, [0, 12]));
      expect(loss()).toBeLessThan(start / 10);
    }
  });
});
