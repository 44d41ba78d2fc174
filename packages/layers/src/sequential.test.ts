import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { evaluation, expectRightGradients, f64, random, ready } from "../testing/index.ts";
import type { Layer } from "./layer.ts";
import { relu, tanh } from "./layers/activations.ts";
import { Dense } from "./layers/dense.ts";
import { parameters } from "./model-tree.ts";
import { Sequential } from "./sequential.ts";

describe("Sequential", () => {
  it("applies its layers in order", () => {
    const [first, second] = [new Dense({ in: 2, out: 3 }), new Dense({ in: 3, out: 1 })];
    const model = ready(new Sequential([first, tanh(), second]));
    const x = random([4, 2]);
    expect(model.forward(x, evaluation)).toBeAllclose(second.forward(tanh().forward(first.forward(x), evaluation)));
    expectRightGradients(model, x);
  });

  it("numbers children by kind, or takes the names of a record", () => {
    const layers = () => [new Dense({ in: 1, out: 1 }), relu(), new Dense({ in: 1, out: 1 })] as const;
    expect(Object.keys(new Sequential(layers()).children())).toEqual(["dense1", "relu1", "dense2"]);
    const [fc0, act, fc1] = layers();
    expect(Object.keys(new Sequential({ fc0, act, fc1 }).children())).toEqual(["fc0", "act", "fc1"]);
  });

  it("refuses names that JavaScript would move to the front: { stem, 0, 1 } ran 0, 1, stem", () => {
    const layers = { stem: relu(), 0: tanh(), 1: relu() };
    expect(() => new Sequential(layers)).toThrow('a layer is called "0"');
    expect(Object.keys(new Sequential({ stem: relu(), "1a": tanh(), "01": relu() }).children())[0]).toBe("stem");
  });

  it("is initialized by its rng", () => {
    const model = new Sequential([new Dense({ in: 1, out: 1 })], { rng: new Rng(0), dtype: "float64" });
    expect(parameters(model)["dense1.weight"]?.dtype).toBe("float64");
  });

  it("is the identity without layers", () => {
    expect(new Sequential([]).forward(f64([1, 2]), evaluation)).toBeAllclose([1, 2]);
  });

  it("hands the mode to every layer", () => {
    const seen: boolean[] = [];
    const probe: Layer = {
      kind: "probe",
      forward(x, { training }) {
        seen.push(training);
        return x;
      },
    };
    new Sequential([probe, new Sequential([probe])]).forward(random([1]), { training: true });
    expect(seen).toEqual([true, true]);
  });
});
