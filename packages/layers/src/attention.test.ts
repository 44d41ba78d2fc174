import { checkGradients } from "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { f64, random } from "../testing/index.ts";
import { attention } from "./attention.ts";

describe("attention", () => {
  it("weighs values by the softmax of scaled scores", () => {
    const y = attention(f64([[1]]), f64([[0], [Math.log(3)]]), f64([[0], [1]])); // weights ¼ and ¾
    expect(y).toBeAllclose([[0.75]]);
  });

  it("scales by 1/√d unless told otherwise", () => {
    const [q, k, v] = [random([3, 4], 1), random([3, 4], 2), random([3, 4], 3)];
    expect(attention(q, k, v)).toBeAllclose(attention(q, k, v, { scale: 0.5 }));
  });

  it("gives the first position its own value when causal", () => {
    const v = random([1, 3, 2]);
    const y = attention(random([1, 3, 2], 1), random([1, 3, 2], 2), v, { causal: true });
    expect([...y.dataSync()].slice(0, 2)).toEqual([...v.dataSync()].slice(0, 2));
  });

  it("has right derivatives of both orders", () => {
    const inputs = [random([2, 3, 2], 1), random([2, 3, 2], 2), random([2, 3, 2], 3)];
    checkGradients((q, k, v) => attention(q!, k!, v!, { causal: true }), inputs, { order: 2 });
  });
});
