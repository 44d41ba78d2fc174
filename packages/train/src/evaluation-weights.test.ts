import { parameters } from "@kronograd/layers";
import { averageWeights, chain, momentum, Optimizer } from "@kronograd/optimizers";
import { cpu, memory, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { eventsOf, small } from "../testing/index.ts";
import { withEvaluationWeights } from "./evaluation-weights.ts";

const averaging = (decay: number | null) =>
  new Optimizer({
    name: "averaged",
    learningRate: 0.1,
    chain: chain(momentum({ decay: 0 }), averageWeights({ decay })),
  });
const plain = () => new Optimizer({ name: "averaged", learningRate: 0.1, chain: momentum({ decay: 0 }) });
const valuesOf = (model: Parameters<typeof parameters>[0]) =>
  Object.values(parameters(model)).map((t) => [...(t as Tensor).dataSync()]);

describe("withEvaluationWeights", () => {
  it("puts the averages in, and the training weights back, even where f throws", async () => {
    const optimizer = averaging(0.5);
    const run = small({ optimizer, steps: 3 });
    await eventsOf(run);
    const before = valuesOf(run.model);
    const { tensors } = memory(cpu);
    const inside = await withEvaluationWeights(run.model, optimizer, () => valuesOf(run.model));
    expect(inside).not.toEqual(before);
    expect(valuesOf(run.model)).toEqual(before);
    await expect(
      withEvaluationWeights(run.model, optimizer, () => {
        throw new RangeError("boom");
      }),
    ).rejects.toThrow(RangeError);
    expect(valuesOf(run.model)).toEqual(before);
    expect(memory(cpu).tensors).toBe(tensors);
  });
});

describe("a run whose optimizer averages its weights", () => {
  const lossesOf = async (optimizer: Optimizer) => {
    const run = small({ optimizer, steps: 6, evaluateEvery: 3 });
    const events = await eventsOf(run);
    const steps = events.flatMap((e) => (e.type === "step" ? [e.loss] : []));
    const evaluations = events.flatMap((e) => (e.type === "eval" ? [e.loss] : []));
    return { steps, evaluations };
  };

  it("trains as it would without, and is evaluated at the averages", async () => {
    const [with_, without] = [await lossesOf(averaging(null)), await lossesOf(plain())];
    expect(with_.steps).toEqual(without.steps);
    expect(with_.evaluations[0]).toBe(without.evaluations[0]); // before the first step there is no average
    expect(with_.evaluations[1]).not.toBe(without.evaluations[1]);
  });
});
