import { describe, expect, it } from "vitest";
import * as e from "../elementwise/primitives.ts";
import { evaluate, planOf } from "./plan.ts";

const [x, y, p] = [e.input(0), e.input(2), e.parameter("p")];

describe("planOf", () => {
  it("gives what inputs reach in the order of computation, and what they do not reach once for all elements", () => {
    const rest = e.sub(e.constant(1), p);
    const scaled = e.mul(x, rest);
    const root = e.add(scaled, y);
    const plan = planOf([root]);
    expect(plan.nodes).toEqual([x, scaled, y, root]);
    expect(plan.uniforms).toEqual([rest]);
    expect(plan.inputs).toEqual([0, 2]);
  });

  it("has a constant and a parameter as values of their own where an element meets them", () => {
    const two = e.constant(2);
    expect(planOf([e.mul(e.add(x, two), p)]).uniforms).toEqual([two, p]);
  });

  it("knows a root that no input reaches", () => {
    const root = e.tanh(p);
    expect(planOf([root, x])).toMatchObject({ uniforms: [root], nodes: [x], inputs: [0] });
  });

  it("names a shared node once", () => {
    const square = e.square(x);
    expect(planOf([e.add(square, e.exp(square))]).nodes.filter((node) => node === square)).toHaveLength(1);
  });
});

describe("evaluate", () => {
  it("is Math's value of every primitive, nested ones too", () => {
    const parameters = { p: 0.3 };
    expect(evaluate(e.tanh(e.sub(p, e.sin(p))), parameters)).toBe(Math.tanh(0.3 - Math.sin(0.3)));
    expect(evaluate(e.select(e.greater(p, e.constant(1)), e.exp(p), e.pow(p, p)), parameters)).toBe(0.3 ** 0.3);
    expect(evaluate(e.div(e.constant(1), e.sqrt(e.add(p, e.constant(1e-5)))), parameters)).toBe(
      1 / Math.sqrt(0.3 + 1e-5),
    );
  });
});
