import { valueAndGrad } from "@kronograd/autograd";
import { cpu, Rng, ShapeError, scope, slice, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { evaluation, expectRightGradients, int32, random, ready } from "../../testing/index.ts";
import { softmaxCrossEntropy } from "../losses/softmax-cross-entropy.ts";
import { countParameters, parameters } from "../model-tree.ts";
import { summary } from "../summary.ts";
import { transformerBlock, transformerEncoder } from "./transformer-encoder.ts";

/** 4 maps D² + D, two dense layers 2 D h + h + D, two norms 4 D. */
const blockSize = (D: number, h: number) => 4 * (D * D + D) + 2 * D * h + h + D + 4 * D;

describe("transformerBlock", () => {
  it("has the parameters of attention, two dense layers and two norms", () => {
    expect(countParameters(ready(transformerBlock({ features: 8, heads: 2 })))).toBe(blockSize(8, 32));
  });

  it("has right gradients, with dropout too", () => {
    const block = ready(transformerBlock({ features: 4, heads: 2, hidden: 3, dropout: 0.2 }));
    expectRightGradients(block, random([2, 3, 4]));
    expectRightGradients(block, random([2, 3, 4]), { training: true, rng: new Rng(0) });
  });
});

describe("transformerEncoder", () => {
  const options = { features: 8, heads: 2, classes: 3 };

  it("counts its parameters: tokens, positions, blocks, norm and head", () => {
    const model = ready(transformerEncoder({ ...options, vocabulary: 10, length: 6 }));
    expect(countParameters(model)).toBe(10 * 8 + 6 * 8 + 2 * blockSize(8, 32) + 2 * 8 + 8 * 3 + 3);
  });

  it("classifies sequences, or every position", () => {
    const tokens = int32([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: tokens
    const pooled = ready(transformerEncoder({ ...options, vocabulary: 10 }));
    const each = ready(transformerEncoder({ ...options, vocabulary: 10, pool: "none" }));
    expect(pooled.forward(tokens, evaluation).shape).toEqual([2, 3]);
    expect(each.forward(tokens, evaluation).shape).toEqual([2, 3, 3]);
  });

  it("takes vectors without a vocabulary, and has right gradients", () => {
    expectRightGradients(
      ready(transformerEncoder({ features: 4, heads: 2, hidden: 3, blocks: 1, classes: 2 })),
      random([2, 3, 4]),
    );
  });

  it("reads positions: a permuted sequence gives another output", () => {
    const model = ready(transformerEncoder({ ...options, vocabulary: 10 }));
    const classify = (tokens: number[]) => model.forward(int32([tokens]), evaluation).dataSync();
    expect(classify([1, 2, 3])).not.toEqual(classify([3, 2, 1]));
  });

  it("does not look ahead when causal", () => {
    const model = ready(transformerEncoder({ ...options, vocabulary: 10, causal: true, pool: "none" }));
    const first = (tokens: number[]) => slice(model.forward(int32([tokens]), evaluation), [null, [0, 1]]);
    expect(first([1, 2, 3])).toBeAllclose(first([1, 9, 9]), { rtol: 1e-14 });
  });

  it("gives a padded sequence the outputs of the sequence alone", () => {
    for (const pool of ["mean", "none"] as const) {
      const model = ready(transformerEncoder({ ...options, vocabulary: 10, pool, paddingToken: 0 }));
      const alone = model.forward(int32([[1, 2, 3]]), evaluation);
      const padded = model.forward(int32([[1, 2, 3, 0, 0], [4, 5, 6, 7, 8]]), evaluation); // biome-ignore format: tokens
      const own = pool === "mean" ? slice(padded, [[0, 1]]) : slice(padded, [[0, 1], [0, 3]]); // biome-ignore format: one line
      expect(own).toBeAllclose(alone, { rtol: 1e-12 });
    }
  });

  it("takes a mask in place of a padding token", () => {
    const named = ready(transformerEncoder({ ...options, vocabulary: 10, paddingToken: 0 }));
    const given = ready(transformerEncoder({ ...options, vocabulary: 10 }));
    const input = int32([[1, 2, 0], [4, 5, 6]]); // biome-ignore format: tokens
    const mask = int32([[1, 1, 0], [1, 1, 1]]); // biome-ignore format: mask
    expect(given.forward({ input, mask }, evaluation)).toBeAllclose(named.forward(input, evaluation), { rtol: 0 });
  });

  it("makes numbers of a sequence that is all padding", () => {
    const model = ready(transformerEncoder({ ...options, vocabulary: 10, paddingToken: 0 }));
    expect(model.forward(int32([[0, 0]]), evaluation).dataSync().every(Number.isFinite)).toBe(true); // biome-ignore format: one line
  });

  it("has six layers a block that curvature sees, by full name", () => {
    const { rows } = summary(ready(transformerEncoder({ ...options, blocks: 1 })), [5, 8]);
    const seen = rows.filter(({ curvature }) => curvature.startsWith("kfac")).map(({ name }) => name);
    const block = ["attention.q", "attention.k", "attention.v", "attention.o", "up", "down"];
    expect(seen).toEqual([...block.map((name) => `block1.${name}`), "head"]);
  });

  it("leaves no tensor behind, forward or backward", () => {
    const model = ready(transformerEncoder({ ...options, vocabulary: 10, dropout: 0.1 }));
    const [tokens, targets] = [int32([[1, 2, 3]]), int32([2])];
    const own = parameters(model);
    const before = cpu.memory.tensors;
    scope(() => {
      const mode = { training: true, rng: new Rng(0) };
      const capture = { inputs: true, outputGrads: "exact" } as const;
      valueAndGrad({ outputs: () => model.forward(tokens, mode), loss: softmaxCrossEntropy(), targets }, own, {
        capture,
      });
    });
    expect(cpu.memory.tensors).toBe(before);
  });

  it("refuses sequences longer than its positions, and vectors of another width", () => {
    const model = ready(transformerEncoder({ ...options, vocabulary: 10, length: 2 }));
    expect(() => model.forward(int32([[1, 2, 3]]), evaluation)).toThrow(UsageError);
    expect(() => ready(transformerEncoder(options)).forward(random([1, 2, 7]), evaluation)).toThrow(ShapeError);
    expect(Object.keys(parameters(model))[0]).toBe("embedding.token.weight");
  });
});
