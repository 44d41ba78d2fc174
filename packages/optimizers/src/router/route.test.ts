import { type Gradient, valueAndGrad } from "@kronograd/autograd";
import { type TinyProblem, tinyConvNet, tinyMlp } from "@kronograd/suites";
import { copy, type Tensor, UsageError } from "@kronograd/tensor";
import "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { adam } from "../catalog/adam.ts";
import { kfac } from "../catalog/kfac.ts";
import { sgd } from "../catalog/sgd.ts";
import { skfac } from "../catalog/skfac.ts";
import { planBlock } from "../driver/plan.ts";
import type { Optimizer } from "../optimizer.ts";
import { inspectState, loadState } from "../state/optimizer-state.ts";
import { mapTensors } from "../state/state.ts";
import { momentum } from "../transforms/momentum.ts";
import { route } from "./route.ts";

const rolesOf = ({ parameters }: TinyProblem) => {
  const weights = Object.keys(parameters).filter((name) => name.endsWith("weight"));
  const role = (name: string) => {
    if (name.endsWith("bias")) return "bias" as const;
    return name === weights.at(-1) ? ("last" as const) : name === weights[0] ? ("first" as const) : ("hidden" as const);
  };
  return Object.fromEntries(Object.keys(parameters).map((name) => [name, role(name)]));
};

/** Weights after some steps, by name. */
function train(optimizer: Optimizer, steps = 4, problem = tinyMlp({ dtype: "float64" }), from = 0) {
  const { objective, parameters } = problem;
  const reported: Record<string, unknown> = {};
  for (let step = from; step < from + steps; step++) {
    const { gradients, records } = valueAndGrad(objective, parameters, { capture: optimizer.needs(step) });
    const report = (name: string, value: unknown) => {
      reported[name] = value;
    };
    const directions = optimizer.update(gradients, { parameters, records, step, roles: rolesOf(problem), report });
    optimizer.apply(parameters, directions, step);
  }
  const weights = Object.entries(parameters).map(([name, t]) => [name, [...t.dataSync()]] as const);
  return { weights: Object.fromEntries(weights), reported, problem };
}

describe("route", () => {
  it.each([
    ["sgd", () => sgd({ learningRate: 0.1, momentum: 0.9 })],
    ["adam", () => adam()],
    ["kfac", () => kfac({ refreshEvery: 2 })],
    ["skfac", () => skfac({ refreshEvery: 2 })],
    ["kfac of weights alone", () => kfac({ refreshEvery: 2, bias: "separate" })],
  ] as const)("to one optimizer everywhere is that optimizer, bit for bit: %s", (_, make) => {
    expect(train(route([], { otherwise: make() })).weights).toEqual(train(make()).weights);
    expect(train(route([{ match: /./, use: make() }])).weights).toEqual(train(make()).weights);
  });

  it("is that optimizer on a convolutional net too", () => {
    const net = () => tinyConvNet({ dtype: "float64" });
    const plain = train(kfac({ refreshEvery: 2 }), 3, net()).weights;
    expect(train(route([], { otherwise: kfac({ refreshEvery: 2 }) }), 3, net()).weights).toEqual(plain);
  });

  it("gives each parameter to the first rule that matches", () => {
    const routed = route([
      { match: "bias", use: sgd({ learningRate: 0 }) },
      { match: /^fc1/, use: sgd({ learningRate: 0.1 }) },
      { match: ({ shape }) => shape.length === 2, use: sgd({ learningRate: 0.2 }) },
    ]);
    const { objective, parameters } = tinyMlp({ dtype: "float64" });
    const [firstWeight] = Object.keys(parameters) as [string];
    const rules = route([
      { match: "bias", use: sgd({ learningRate: 0, momentum: 0 }) },
      { match: ({ name }) => name === firstWeight, use: sgd({ learningRate: 0.1, momentum: 0 }) },
      { match: ({ shape }) => shape.length === 2, use: sgd({ learningRate: 0.2, momentum: 0 }) },
    ]);
    const before = Object.fromEntries(Object.entries(parameters).map(([name, t]) => [name, copy(t)]));
    const { gradients } = valueAndGrad(objective, parameters);
    const moved = gradients as ReadonlyMap<string, Gradient>;
    const roles = rolesOf({ parameters } as TinyProblem);
    rules.apply(parameters, rules.update(gradients, { parameters, step: 0, roles }), 0);
    for (const [name, t] of Object.entries(parameters)) {
      const rate = name.endsWith("bias") ? 0 : name === firstWeight ? 0.1 : 0.2;
      const start = (before[name] as Tensor).dataSync();
      const g = (moved.get(name) as Gradient).dense().dataSync();
      t.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo((start[i] as number) - rate * (g[i] as number), 12);
      });
    }
    expect(routed.name).toBe("route(sgd, sgd, sgd)");
  });

  it("takes weights from their biases: curvature for the ones, Adam for the others, as each would alone", () => {
    const routed = route([{ match: "bias", use: sgd({ learningRate: 0 }) }], { otherwise: kfac({ refreshEvery: 1 }) });
    const alone = kfac({ refreshEvery: 1, bias: "separate" });
    const [a, b] = [train(routed, 1), train(alone, 1)];
    for (const [name, values] of Object.entries(a.weights)) {
      if (name.endsWith("bias")) expect(values).toEqual(train(sgd({ learningRate: 0 }), 1).weights[name]);
      else {
        values.forEach((value, i) => {
          expect(value).toBeCloseTo(b.weights[name]?.[i] as number, 12);
        });
      }
    }
    expect(Object.values(inspectState(routed))[0]).toBeDefined();
  });

  it("resumes to the same bits", () => {
    const make = () => route([{ match: "bias", use: adam() }, { match: "last", use: momentum({ decay: 0.5 }) }], { otherwise: skfac({ refreshEvery: 2 }), learningRate: 0.1 }); // biome-ignore format: one router
    const through = train(make(), 5);
    const first = make();
    const half = train(first, 3);
    const second = make();
    loadState(second, mapTensors(first.state, copy));
    expect(train(second, 2, half.problem, 3).weights).toEqual(through.weights);
  });

  it("says where each parameter goes", () => {
    const routed = route(
      [
        { match: "hidden", use: kfac() },
        { match: /bias$/, use: sgd() },
      ],
      { otherwise: adam() },
    );
    const way = (name: string, role: "hidden" | "bias" | "last") => {
      const { rule, name: method } = routed.chain.route?.({ name, shape: [2, 2], role }) ?? {};
      return `${rule} → ${method}`;
    };
    expect(way("fc1.weight", "hidden")).toBe("hidden → kfac");
    expect(way("fc1.bias", "bias")).toBe("/bias$/ → sgd");
    expect(way("fc2.weight", "last")).toBe("otherwise → adam");
    const block = { name: "fc1", shape: [3, 4], isLayer: true, parameters: ["fc1.weight"] };
    expect(planBlock(routed.chain, block, 8, { "fc1.weight": "hidden" })?.form).toContain("A 4 × 4");
    expect(planBlock(routed.chain, block, 8, { "fc1.weight": "last" })).toBeNull();
    expect(routed.config).toMatchObject({ rules: [{ match: "hidden", use: "kfac" }, { match: "/bias$/" }, { match: "otherwise" }] }); // biome-ignore format: one value
  });

  it("keeps reports of several rules apart", () => {
    const routed = route([{ match: "last", use: kfac() }], { otherwise: kfac({ damping: 1 }) });
    expect(train(routed, 1).reported).toMatchObject({ damping: 0.03, "damping of otherwise": 1 });
  });

  it("throws UsageError for a parameter that no rule names, a role that there is not, no rules, and a chain without a rate", () => {
    expect(() => train(route([{ match: "bias", use: sgd() }]), 1)).toThrow(/no rule names parameter ".*" \(first, \[/);
    expect(() => route([{ match: "weights" as never, use: sgd() }])).toThrow(/there is no such role .*"?weights/);
    expect(() => route([])).toThrow(UsageError);
    expect(() => route([{ match: "last", use: momentum() }])).toThrow(/learningRate is missing/);
  });
});
