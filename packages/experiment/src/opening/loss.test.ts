import type { Loss } from "@kronograd/autograd";
import * as everyLoss from "@kronograd/layers";
import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { losses } from "../catalogs/index.ts";
import { openLoss } from "./loss.ts";

const classes = { name: "moons", task: "classification" } as const;
const numbers = { name: "table.csv", task: "regression" } as const;
const refusal = (message: RegExp) =>
  expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) });

describe("openLoss", () => {
  it("is the usual one of the task where none is named", async () => {
    expect((await openLoss(undefined, classes)).name).toBe("softmaxCrossEntropy");
    expect((await openLoss(undefined, numbers)).name).toBe("meanSquaredError");
  });

  it("takes names in any case, with dashes or without, and options in brackets", async () => {
    for (const text of ["huber(delta=2)", "HUBER(delta=2)"]) {
      const loss = await openLoss(text, numbers);
      expect(loss.value(tensor([[3]]), tensor([[0]])).itemSync()).toBe(2 * (3 - 1));
    }
    const smoothed = await openLoss("softmax-cross-entropy(labelSmoothing=0.5)", classes);
    const value = smoothed.value(tensor([[1, -1]]), tensor(Int32Array.of(0))).itemSync();
    expect(value).toBeCloseTo(Math.log(Math.exp(1) + Math.exp(-1)) - 0.5, 6);
  });

  it("hands on labels that do not count, and weights of what is yes", async () => {
    const logits = tensor([[1, -1], [3, 5]]); // biome-ignore format: rows
    const masked = await openLoss("softmaxCrossEntropy(ignoreIndex=-1)", classes);
    const one = (await openLoss(undefined, classes)).value(tensor([[1, -1]]), tensor(Int32Array.of(0))).itemSync();
    expect(masked.value(logits, tensor(Int32Array.of(0, -1))).itemSync()).toBeCloseTo(one, 6);
    const value = async (text: string) =>
      (await openLoss(text, numbers)).value(tensor([[0]]), tensor([[1]])).itemSync();
    const plain = await value("binaryCrossEntropyWithLogits");
    expect(await value("binaryCrossEntropyWithLogits(positiveWeights=3)")).toBeCloseTo(3 * plain, 6);
  });

  it("throws UsageError for a loss of another task, an unknown one, and options that it does not have", async () => {
    await expect(openLoss("huber", classes)).rejects.toThrow(
      refusal(/"huber" is a loss of regression, and the task of data set "moons" is classification/),
    );
    await expect(openLoss("hubber", numbers)).rejects.toThrow(refusal(/unknown loss "hubber".*Did you mean "huber"/));
    await expect(openLoss("huber(delta=0)", numbers)).rejects.toThrow(refusal(/delta is out of range/));
    await expect(openLoss("huber(detla=1)", numbers)).rejects.toThrow(refusal(/Did you mean "delta"/));
    await expect(openLoss("./mine.ts", numbers)).rejects.toThrow(refusal(/cannot be loaded here/));
  });
});

describe("losses", () => {
  it("are those of the layers package, each with the options' defaults of its function", () => {
    for (const { name, options, make } of losses.entries) {
      const defaults = Object.fromEntries(Object.entries(options).map(([option, entry]) => [option, entry.default]));
      const [own, plain] = [make(defaults as never), (everyLoss as never as Record<string, () => Loss>)[name]!()];
      expect([own.name, own.reduction]).toEqual([plain.name, plain.reduction]);
      const [f, y] = [tensor([[2, -1]]), name.startsWith("softmax") ? tensor(Int32Array.of(1)) : tensor([[1, 0]])];
      expect(own.value(f, y).itemSync()).toBe(plain.value(f, y).itemSync());
    }
  });
});
