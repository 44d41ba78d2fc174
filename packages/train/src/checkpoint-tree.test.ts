import { ones, type Tensor, tensor, transpose } from "@kronograd/tensor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CheckpointTree, digestOf, packTree, unpackTree } from "./checkpoint-tree.ts";

/** Tensors as plain values, so that trees compare by `toEqual`. */
function plain(tree: CheckpointTree): unknown {
  if (typeof tree !== "object" || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map(plain);
  if ("storage" in tree) {
    const { shape, dtype } = tree as Tensor;
    return { shape, dtype, values: [...(tree as Tensor).dataSync()] };
  }
  return Object.fromEntries(Object.entries(tree).map(([key, item]) => [key, plain(item)]));
}

const roundTrip = async (tree: CheckpointTree) => unpackTree(await packTree(tree));

describe("packTree and unpackTree", () => {
  it("are inverse for every tree of plain values", async () => {
    const key = fc.oneof(fc.string(), fc.constantFrom("$tensor", "$number", "$$", "a/b"));
    const { tree } = fc.letrec<{ tree: CheckpointTree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        fc.double(),
        fc.string(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, async (value) => {
        expect(await roundTrip(value)).toEqual(value);
      }),
    );
  });

  it("keep tensors of every dtype, shape and layout, and values that JSON does not know", async () => {
    const tree = {
      scalar: tensor(3),
      empty: ones([0, 2]),
      turned: transpose(tensor([[1, 2, 3], [4, 5, 6]], { dtype: "float64" })), // biome-ignore format: a matrix
      whole: tensor(Int32Array.of(7)),
      numbers: [Number.NaN, Number.NEGATIVE_INFINITY, -0],
      odd: tensor([Number.NaN, Number.POSITIVE_INFINITY, -0]),
    };
    const back = await roundTrip(tree);
    expect(plain(back)).toEqual(plain(tree));
  });

  it("tell keys with a slash from nested keys", async () => {
    const tree = { "a/b": tensor([1]), a: { b: tensor([2]) } };
    expect(plain(await roundTrip(tree))).toEqual(plain(tree));
  });
});

describe("digestOf", () => {
  it("sees the tree, and name, dtype, shape and bits of every tensor", async () => {
    const digests = await Promise.all(
      [
        { w: tensor([0, 1]) },
        { v: tensor([0, 1]) },
        { w: tensor([-0, 1]) },
        { w: tensor([0, 1], { dtype: "float64" }) },
        { w: tensor([[0, 1]]) },
        { w: tensor([0, 1]), step: 1 },
      ].map(async (tree) => digestOf(await packTree(tree))),
    );
    expect(new Set(digests).size).toBe(digests.length);
    expect(digestOf(await packTree({ w: tensor([0, 1]) }))).toBe(digests[0]);
  });
});
