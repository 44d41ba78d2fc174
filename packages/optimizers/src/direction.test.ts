import { type Block, denseGradient, joinParts, splitJoint } from "@kronograd/autograd";
import {
  add,
  concat,
  copy,
  cpu,
  matmul,
  mul,
  normal,
  ones,
  Rng,
  scale,
  scope,
  setRecorder,
  sum,
  type Tensor,
  tensorsIn,
  transpose,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import {
  addFactors,
  aheadDirection,
  type DirectionFactors,
  factoredDirection,
  innerProduct,
  squaredNorm,
  storedTensors,
} from "./direction.ts";

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
const dense = layer([2, 3], true);

/** Factors of four examples; explicit: the bias coordinates are stored, and no ones. */
function factorsOf(seed: number, form: "implied" | "explicit" | "none"): DirectionFactors {
  const last = form === "explicit" ? random(seed + 2, [4, 1]) : undefined;
  return { g: random(seed, [4, 2]), a: random(seed + 1, [4, 3]), scale: 0.25, hasBias: form !== "none", last };
}

/** scale · gᵀ [a, last] */
function formed({ g, a, scale: factor, hasBias, last = ones([4, 1], { dtype: "float64" }) }: DirectionFactors): Tensor {
  const full = hasBias ? concat([a, last], 1) : a;
  return scale(matmul(transpose(g), full), factor);
}

describe("factoredDirection", () => {
  it("has stored, implied or no bias coordinates", () => {
    for (const form of ["explicit", "implied"] as const) {
      const factors = factorsOf(1, form);
      expect(factoredDirection(dense, factors).dense()).toBeAllclose(formed(factors));
    }
    const plain = factorsOf(1, "none");
    expect(factoredDirection(layer([2, 3], false), plain).dense()).toBeAllclose(formed(plain));
  });
});

describe("storedTensors", () => {
  it("are factors, the point of a line, or parts: nothing is formed", () => {
    const factors = factorsOf(1, "explicit");
    expect(storedTensors(factoredDirection(dense, factors))).toEqual([factors.g, factors.a, factors.last]);
    const [x, from] = [random(1, [2, 3]), random(2, [2, 3])];
    expect(storedTensors(aheadDirection(layer([2, 3], false), { x: [x], from: [from], by: 1 }))).toEqual([x]);
    const gradient = denseGradient(layer([2, 3], false), x);
    expect(storedTensors(gradient)).toEqual(gradient.parts());
  });
});

describe("aheadDirection", () => {
  it("is x + by (x − from), formed when somebody asks, and holds both points until then", () => {
    const before = cpu.memory.tensors;
    const [x, from] = [random(1, [2, 3]), random(2, [2, 3])];
    const direction = scope(() => aheadDirection(layer([2, 3], false), { x: [x], from: [from], by: 0.5 }));
    expect(cpu.memory.tensors).toBe(before + 2);
    expect([...tensorsIn(direction)]).toEqual([x, from]);
    expect(direction.parts()[0]).toBeAllclose(add(x, scale(add(x, scale(from, -1)), 0.5)));
    expect(direction.dense()).toBeAllclose(direction.parts()[0] as Tensor);
  });
});

describe("addFactors", () => {
  it("moves tensors on as the formed gradient would, and leaves the old ones", () => {
    for (const form of ["implied", "explicit", "none"] as const) {
      const factors = factorsOf(1, form);
      const block = layer([2, 3], factors.hasBias);
      const before = joinParts(block, factors.hasBias ? [random(7, [2, 3]), random(8, [2])] : [random(7, [2, 3])]);
      const targets = splitJoint(block, before).map(copy);
      const moved = addFactors(targets, factors, 0.9, 0.5);
      expect(joinParts(block, moved)).toBeAllclose(add(scale(before, 0.9), scale(formed(factors), 0.5)));
      expect(joinParts(block, targets)).toBeAllclose(before);
    }
  });

  it("forms no gradient", () => {
    const products: string[] = [];
    const targets = [random(7, [2, 3]), random(8, [2])];
    const outer = setRecorder({ record: ({ name }) => void products.push(name) });
    addFactors(targets, factorsOf(1, "implied"), 0.9, 1);
    setRecorder(outer);
    expect(products.filter((name) => /product|matmul|linear/i.test(name))).toEqual(["addProduct", "addProduct"]);
  });
});

describe("squaredNorm and innerProduct", () => {
  it("equal the sums over the formed matrices, with stored, implied and no bias coordinates", () => {
    for (const left of ["implied", "explicit"] as const) {
      for (const right of ["implied", "explicit"] as const) {
        const [p, q] = [factorsOf(1, left), factorsOf(5, right)];
        const want = sum(mul(formed(p), formed(q)));
        expect(innerProduct(factoredDirection(dense, p), factoredDirection(dense, q))).toBeAllclose(want);
        expect(innerProduct(denseGradient(dense, formed(p)), factoredDirection(dense, q))).toBeAllclose(want);
        expect(innerProduct(denseGradient(dense, formed(p)), denseGradient(dense, formed(q)))).toBeAllclose(want);
      }
    }
    const plain = factorsOf(1, "none");
    expect(squaredNorm(factoredDirection(layer([2, 3], false), plain))).toBeAllclose(
      sum(mul(formed(plain), formed(plain))),
    );
  });
});
