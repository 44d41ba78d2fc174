import { describe, expect, it } from "vitest";
import { differentiate } from "./differentiate.ts";
import { type Expression, type Primitive, topological } from "./expression.ts";
import * as e from "./primitives.ts";

/** The value of an expression at numbers. */
function evaluate(root: Expression, inputs: readonly number[], parameters: Record<string, number> = {}): number {
  const known = new Map<Expression, number>();
  for (const node of topological([root])) {
    if (node.op === "input") known.set(node, inputs[node.value] as number);
    else if (node.op === "constant") known.set(node, node.value);
    else if (node.op === "parameter") known.set(node, parameters[node.name] as number);
    else {
      const [x, y, z] = node.args.map((argument) => Float64Array.of(known.get(argument) as number)) as [
        Float64Array,
        Float64Array?,
        Float64Array?,
      ];
      const out = new Float64Array(1);
      (node.primitive as Primitive).loop(1, out, x, y ?? x, z ?? x);
      known.set(node, out[0] as number);
    }
  }
  return known.get(root) as number;
}

const [x, y, z] = [e.input(0), e.input(1), e.input(2)];

type Word = Exclude<keyof typeof e, "input" | "parameter" | "constant">;

/** Every word at places where it is smooth. */
const smooth: Record<Word, { root: Expression; at: number[][] }> = {
  add: { root: e.add(x, y), at: [[1.2, -0.7]] },
  sub: { root: e.sub(x, y), at: [[1.2, -0.7]] },
  mul: { root: e.mul(x, y), at: [[1.2, -0.7]] },
  div: {
    root: e.div(x, y),
    at: [
      [1.2, -0.7],
      [0, 2],
    ],
  },
  neg: { root: e.neg(x), at: [[0.3]] },
  abs: { root: e.abs(x), at: [[0.3], [-0.3]] },
  sign: { root: e.sign(x), at: [[0.3], [-0.3]] },
  exp: { root: e.exp(x), at: [[0.3], [-4]] },
  expm1: { root: e.expm1(x), at: [[0.3], [-4]] },
  log: { root: e.log(x), at: [[0.3], [20]] },
  log1p: { root: e.log1p(x), at: [[-0.3], [20]] },
  sqrt: { root: e.sqrt(x), at: [[0.3], [20]] },
  square: { root: e.square(x), at: [[0.3], [-2]] },
  pow: {
    root: e.pow(x, y),
    at: [
      [1.2, -0.7],
      [0.3, 2.5],
    ],
  },
  sin: { root: e.sin(x), at: [[0.3], [2]] },
  cos: { root: e.cos(x), at: [[0.3], [2]] },
  tanh: { root: e.tanh(x), at: [[0.3], [-2]] },
  sigmoid: { root: e.sigmoid(x), at: [[0.3], [-5]] },
  softplus: { root: e.softplus(x), at: [[0.3], [-5]] },
  erf: { root: e.erf(x), at: [[0.3], [-1.5]] },
  floor: { root: e.floor(x), at: [[0.3], [-1.5]] },
  max: {
    root: e.max(x, y),
    at: [
      [1, 2],
      [2, 1],
    ],
  },
  min: {
    root: e.min(x, y),
    at: [
      [1, 2],
      [2, 1],
    ],
  },
  greater: {
    root: e.greater(x, y),
    at: [
      [1, 2],
      [2, 1],
    ],
  },
  greaterEqual: {
    root: e.greaterEqual(x, y),
    at: [
      [1, 2],
      [2, 1],
    ],
  },
  equal: { root: e.equal(x, y), at: [[1, 2]] },
  select: {
    root: e.select(e.greater(x, e.constant(0)), y, z),
    at: [
      [1, 2, 3],
      [-1, 2, 3],
    ],
  },
};

const slope = (root: Expression, inputs: number[], index: number): number => {
  const derivative = differentiate(root, index);
  return derivative === null ? 0 : evaluate(derivative, inputs);
};

/** A central difference; its error is O(h²) ≈ 1e-10 plus rounding of 1e-16 / h ≈ 1e-11, times the size of the values. */
const difference = (root: Expression, inputs: number[], index: number): number => {
  const h = 1e-5;
  const shifted = (by: number) =>
    evaluate(
      root,
      inputs.map((value, i) => (i === index ? value + by : value)),
    );
  return (shifted(h) - shifted(-h)) / (2 * h);
};
const differenceTolerance = 1e-8;

describe("differentiate", () => {
  describe.each(Object.entries(smooth))("%s", (_, { root, at }) => {
    it("has the slope of its central differences, of first and second order", () => {
      for (const inputs of at) {
        inputs.forEach((_, index) => {
          expect(Math.abs(slope(root, inputs, index) - difference(root, inputs, index))).toBeLessThan(
            differenceTolerance,
          );
          const first = differentiate(root, index);
          inputs.forEach((_, other) => {
            if (first === null) return;
            const second = slope(first, inputs, other);
            expect(Math.abs(second - difference(first, inputs, other))).toBeLessThan(
              differenceTolerance * (1 + Math.abs(second)),
            );
          });
        });
      }
    });
  });

  it("follows the chain rule through shared subexpressions", () => {
    const t = e.tanh(e.mul(x, y));
    const root = e.add(e.mul(t, t), e.exp(e.sub(t, x)));
    for (const index of [0, 1]) {
      expect(Math.abs(slope(root, [0.4, -1.1], index) - difference(root, [0.4, -1.1], index))).toBeLessThan(
        differenceTolerance,
      );
    }
  });

  it("is null for inputs that do not matter", () => {
    expect(differentiate(e.exp(x), 1)).toBeNull();
    expect(differentiate(e.sign(x), 0)).toBeNull();
    expect(differentiate(e.mul(e.constant(0), x), 0)).toBeNull();
  });

  it("gives the gradient at a tie to the first argument of max and min", () => {
    expect([slope(e.max(x, y), [2, 2], 0), slope(e.max(x, y), [2, 2], 1)]).toEqual([1, 0]);
    expect([slope(e.min(x, y), [2, 2], 0), slope(e.min(x, y), [2, 2], 1)]).toEqual([1, 0]);
  });

  it("knows the slopes of powers at 0", () => {
    expect(slope(e.pow(x, y), [0, 2], 0)).toBe(0);
    expect(slope(e.pow(x, y), [0, 1], 0)).toBe(1);
    expect(slope(e.pow(x, y), [0, 0], 0)).toBe(0);
    expect(slope(e.pow(x, y), [0, 2], 1)).toBe(0);
    expect(slope(e.pow(x, y), [-1, 2], 1)).toBeNaN(); // x^y is not real around there
    const cube = differentiate(
      differentiate(differentiate(e.pow(x, e.parameter("n")), 0) as Expression, 0) as Expression,
      0,
    );
    expect(evaluate(cube as Expression, [0], { n: 2 })).toBe(0);
  });

  it("does not let the branch that select passes over spoil the other", () => {
    const root = e.select(e.greater(x, e.constant(0)), e.log(x), x);
    expect(slope(root, [-1], 0)).toBe(1);
    expect(slope(e.select(e.greater(x, e.constant(0)), x, e.sqrt(x)), [1], 0)).toBe(1);
  });

  it("ignores that a condition depends on the input: it is constant almost everywhere", () => {
    expect(slope(e.select(e.greater(x, y), e.square(x), y), [3, 1], 0)).toBe(6);
    expect(slope(e.select(e.greater(x, y), e.square(x), y), [3, 1], 1)).toBe(0);
  });
});
