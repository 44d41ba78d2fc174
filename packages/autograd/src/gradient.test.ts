import {
  concat,
  cpu,
  matmul,
  normal,
  ones,
  Rng,
  reshape,
  scale,
  scope,
  slice,
  type Tensor,
  tensorsIn,
  transpose,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import {
  type Block,
  denseGradient,
  factoredGradient,
  type GradientFactors,
  joinParts,
  partsGradient,
  splitJoint,
} from "./gradient.ts";

const random = (seed: number, shape: number[]): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });

const layer = (weight: number[], hasBias: boolean): Block => {
  const [out] = weight as [number];
  const features = weight.slice(1).reduce((a, b) => a * b);
  return {
    name: "layer",
    parameters: hasBias ? ["layer.weight", "layer.bias"] : ["layer.weight"],
    shapes: hasBias ? [weight, [out]] : [weight],
    shape: [out, features + (hasBias ? 1 : 0)],
    isLayer: true,
    hasBias,
    groups: 1,
  };
};
const single: Block = {
  name: "scale",
  parameters: ["scale"],
  shapes: [[2, 1, 3]],
  shape: [2, 1, 3],
  isLayer: false,
  hasBias: false,
  groups: 1,
};
const dense = layer([2, 3], true);

/** Factors of four examples. */
function factorsOf(seed: number, bias: "implied" | "none"): GradientFactors {
  return { g: random(seed, [4, 2]), a: random(seed + 1, [4, 3]), scale: 0.25, hasBias: bias !== "none" };
}

/** scale · gᵀ [a, 1] */
function formed({ g, a, scale: factor, hasBias }: GradientFactors): Tensor {
  const full = hasBias ? concat([a, ones([4, 1], { dtype: "float64" })], 1) : a;
  return scale(matmul(transpose(g), full), factor);
}

describe("joinParts and splitJoint", () => {
  it("put the bias into the last column and take it out again", () => {
    const parts = [random(1, [2, 3]), random(2, [2])];
    const joint = joinParts(dense, parts);
    expect(joint.shape).toEqual([2, 4]);
    expect(slice(joint, [null, [3]])).toBeAllclose(reshape(parts[1] as Tensor, [2, 1]));
    splitJoint(dense, joint).forEach((part, i) => {
      expect(part).toBeAllclose(parts[i] as Tensor);
    });
  });

  it("flatten a kernel to rows", () => {
    const block = layer([2, 3, 2, 2], true);
    const parts = [random(1, [2, 3, 2, 2]), random(2, [2])];
    const joint = joinParts(block, parts);
    expect(joint.shape).toEqual([2, 13]);
    const [weight, bias] = splitJoint(block, joint) as [Tensor, Tensor];
    expect(weight).toBeAllclose(parts[0] as Tensor);
    expect(bias).toBeAllclose(parts[1] as Tensor);
  });

  it("leave a layer without bias a matrix, and a single parameter as it is", () => {
    const weight = random(1, [2, 3]);
    expect(joinParts(layer([2, 3], false), [weight])).toBeAllclose(weight);
    expect(splitJoint(layer([2, 3], false), weight)[0]).toBeAllclose(weight);
    const t = random(2, [2, 1, 3]);
    expect(joinParts(single, [t])).toBe(t);
    expect(splitJoint(single, t)).toEqual([t]);
  });
});

describe("a gradient", () => {
  it("has the same parts and joint form however it is given", () => {
    const factors = factorsOf(1, "implied");
    const joint = formed(factors);
    const parts = splitJoint(dense, joint);
    for (const gradient of [
      denseGradient(dense, joint),
      partsGradient(dense, parts),
      factoredGradient(dense, factors),
    ]) {
      expect(gradient.dense()).toBeAllclose(joint);
      gradient.parts().forEach((part, i) => {
        expect(part).toBeAllclose(parts[i] as Tensor);
      });
    }
  });

  it("takes factors without a bias", () => {
    const plain = factorsOf(1, "none");
    expect(factoredGradient(layer([2, 3], false), plain).dense()).toBeAllclose(formed(plain));
  });

  it("computes a form once in a scope", () => {
    const gradient = factoredGradient(dense, factorsOf(1, "implied"));
    expect(gradient.dense()).toBe(gradient.dense());
    expect(gradient.parts()).toBe(gradient.parts());
  });

  it("computes a form again after the scope that asked for it is gone", () => {
    const factors = factorsOf(1, "implied");
    const gradients = [denseGradient(dense, formed(factors)), factoredGradient(dense, factors)];
    for (const gradient of gradients) {
      scope(() => void [gradient.dense(), gradient.parts()]);
      expect(gradient.dense()).toBeAllclose(formed(factors));
      expect(gradient.parts()[1]).toBeAllclose(slice(reshape(formed(factors), [8]), [[3, 8, 4]]));
    }
  });

  it("leaves a scope together with what it holds", () => {
    const before = cpu.memory.tensors;
    const gradient = scope(() => factoredGradient(dense, factorsOf(1, "implied")));
    expect(cpu.memory.tensors).toBe(before + 2);
    for (const t of tensorsIn(gradient)) t.dispose();
  });
});
