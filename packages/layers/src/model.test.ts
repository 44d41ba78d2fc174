import { add, Rng, scope, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { evaluation, expectRightGradients, f64, random, ready } from "../testing/index.ts";
import { relu } from "./layers/activations.ts";
import { Dense } from "./layers/dense.ts";
import { dropout } from "./layers/dropout.ts";
import { model } from "./model.ts";
import { disposeModel, parameters } from "./model-tree.ts";
import { Sequential } from "./sequential.ts";

const net = (left = new Dense({ in: 2, out: 3 }), right = new Dense({ in: 2, out: 3 })) =>
  model({ left, right, relu: relu() }, (x, { left, right, relu }) => add(relu(left(x)), right(x)));

describe("model", () => {
  it("connects its children as the function says", () => {
    const [left, right] = [new Dense({ in: 2, out: 3 }), new Dense({ in: 2, out: 3 })];
    const layer = ready(net(left, right));
    const x = random([4, 2]);
    const expected = add(relu().forward(left.forward(x), evaluation), right.forward(x));
    expect(layer.forward(x, evaluation)).toBeAllclose(expected);
    expectRightGradients(layer, x);
  });

  it("takes a tree of inputs by name", () => {
    const [left, right] = [new Dense({ in: 2, out: 3 }), new Dense({ in: 4, out: 3 })];
    const pair = model({ left, right }, (x: { a: Tensor; b: Tensor }, { left, right }) => add(left(x.a), right(x.b)));
    ready(pair);
    const [a, b] = [random([5, 2]), random([5, 4])];
    expect(pair.forward({ a, b }, evaluation)).toBeAllclose(add(left.forward(a), right.forward(b)));
    const longer = ready(new Sequential({ pair, head: new Dense({ in: 3, out: 1 }) }));
    expect(longer.forward({ a, b }, evaluation).shape).toEqual([5, 1]);
  });

  it("refuses names that JavaScript would move to the front", () => {
    expect(() => model({ stem: relu(), 0: relu() }, (x, { stem }) => stem(x))).toThrow('a layer is called "0"');
  });

  it("names parameters by the children's names", () => {
    expect(Object.keys(parameters(ready(net())))).toEqual(["left.weight", "left.bias", "right.weight", "right.bias"]);
  });

  it("is initialized by its rng, and survives the scope that it is made in", () => {
    const layer = scope(() =>
      model({ map: new Dense({ in: 1, out: 1 }) }, (x, { map }) => map(x), { rng: new Rng(0) }),
    );
    expect(parameters(layer)["map.weight"]?.disposed).toBe(false);
    disposeModel(layer);
  });

  it("draws other numbers when a child is called again in one pass, the same in the next pass", () => {
    const twice = model({ drop: dropout(0.5) }, (x, { drop }) => drop(drop(x)));
    const ones = f64(Array.from({ length: 64 }, () => 1));
    const mode = { training: true, rng: new Rng(0) };
    const pass = () => [...twice.forward(ones, mode).dataSync()];
    expect(pass().filter((value) => value !== 0).length).toBeLessThan(26); // a quarter, not a half
    expect(pass()).toEqual(pass());
  });
});
