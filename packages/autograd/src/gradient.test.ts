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
  reshape,
  scale,
  scope,
  setRecorder,
  slice,
  sum,
  type Tensor,
  tensorsIn,
  transpose,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import {
  addFactors,
  type Block,
  denseGradient,
  extrapolatedGradient,
  factoredGradient,
  type GradientFactors,
  innerProduct,
  joinParts,
  partsGradient,
  splitJoint,
  squaredNorm,
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

/** Factors of four examples; explicit: the bias coordinates are stored, and no ones. */
function factorsOf(seed: number, form: "implied" | "explicit" | "none"): GradientFactors {
  const last = form === "explicit" ? random(seed + 2, [4, 1]) : undefined;
  return { g: random(seed, [4, 2]), a: random(seed + 1, [4, 3]), scale: 0.25, hasBias: form !== "none", last };
}

/** scale · gᵀ [a, last] */
function formed({ g, a, scale: factor, hasBias, last = ones([4, 1], { dtype: "float64" }) }: GradientFactors): Tensor {
  const full = hasBias ? concat([a, last], 1) : a;
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

  it("takes factors whose bias coordinate is stored, as preconditioning leaves them", () => {
    const factors = factorsOf(1, "explicit");
    expect(factoredGradient(dense, factors).dense()).toBeAllclose(formed(factors));
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

describe("extrapolatedGradient", () => {
  it("is x + by (x − from), formed when somebody asks, and holds both points until then", () => {
    const before = cpu.memory.tensors;
    const [x, from] = [random(1, [2, 3]), random(2, [2, 3])];
    const gradient = scope(() => extrapolatedGradient(layer([2, 3], false), { x: [x], from: [from], by: 0.5 }));
    expect(cpu.memory.tensors).toBe(before + 2);
    expect([...tensorsIn(gradient)]).toEqual([x, from]);
    expect(gradient.parts()[0]).toBeAllclose(add(x, scale(add(x, scale(from, -1)), 0.5)));
    expect(gradient.dense()).toBeAllclose(gradient.parts()[0] as Tensor);
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
        expect(innerProduct(factoredGradient(dense, p), factoredGradient(dense, q))).toBeAllclose(want);
        expect(innerProduct(denseGradient(dense, formed(p)), factoredGradient(dense, q))).toBeAllclose(want);
        expect(innerProduct(denseGradient(dense, formed(p)), denseGradient(dense, formed(q)))).toBeAllclose(want);
      }
    }
    const plain = factorsOf(1, "none");
    expect(squaredNorm(factoredGradient(layer([2, 3], false), plain))).toBeAllclose(
      sum(mul(formed(plain), formed(plain))),
    );
  });
});
