import { valueAndGrad } from "@kronograd/autograd";
import { type TinyProblem, tinyConvNet, tinyMlp } from "@kronograd/suites";
import { Rng, scope } from "@kronograd/tensor";
import { deferred } from "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { kfac } from "./catalog/kfac.ts";
import { skfac } from "./catalog/skfac.ts";
import { catalog } from "./catalog.ts";
import type { Optimizer } from "./optimizer.ts";

/** Some steps by hand, without waiting for anything. */
function take(problem: TinyProblem, optimizer: Optimizer, steps = 5): void {
  const { parameters, objective } = problem;
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const capture = optimizer.needs(step);
      const { gradients, records } = valueAndGrad(objective, parameters, { capture, rng: new Rng(1).fork(step) });
      optimizer.apply(parameters, optimizer.update(gradients, { parameters, records, step }), step);
    });
  }
}

const makers: readonly (readonly [string, () => Optimizer])[] = [
  ...Object.entries(catalog).map(([name, { make }]) => [name, () => make({})] as const),
  ["kfac without π", () => kfac({ pi: false })],
  ["skfac of the last batch", () => skfac({ rank: null })],
  ["skfac that truncates", () => skfac({ rank: 4, statisticsEvery: 1, refreshEvery: 2 })],
];
const problems = { MLP: tinyMlp, "conv net": tinyConvNet };

/** The largest difference between the weights on both devices, relative to the largest weight. */
async function difference(a: TinyProblem, b: TinyProblem): Promise<number> {
  let [largest, most] = [0, 0];
  for (const [name, t] of Object.entries(a.parameters)) {
    const other = await b.parameters[name]!.data();
    for (const [i, value] of (await t.data()).entries()) {
      largest = Math.max(largest, Math.abs(value));
      most = Math.max(most, Math.abs(value - other[i]!));
    }
  }
  return most / largest;
}

describe.each(makers)("%s on an asynchronous device", (_, make) => {
  it.each(Object.entries(problems))("takes the steps of cpu on the %s, and reads nothing", async (_, problem) => {
    const device = deferred();
    const [here, there] = [problem(), problem({ device })];
    using own = make();
    using other = make();
    take(here, own);
    take(there, other);
    expect(device.counts.reads).toBe(0);
    expect(await difference(here, there)).toBeLessThan(2e-5);
  });
});

describe("an asynchronous device", () => {
  it.each([
    ["kfac", () => kfac()],
    ["skfac of the last batch", () => skfac({ rank: null })],
    ["skfac that truncates", () => skfac({ rank: 4, statisticsEvery: 1 })],
    ["foof", () => catalog.foof!.make({})],
  ] as const)("with kernels for it is all that %s needs", (_, make) => {
    const device = deferred();
    using optimizer = make();
    take(tinyConvNet({ device }), optimizer);
    expect(device.counts).toMatchObject({ reads: 0, hostCalls: 0 });
  });

  it("is refused by what reads a number within a step", () => {
    using optimizer = kfac({ quadraticModel: true });
    const oracles = { linearized: () => ({ jvp: () => [], vjp: () => [], hvp: () => [], ggnvp: () => [] }) };
    const problem = tinyMlp({ device: deferred() });
    const { parameters, objective } = problem;
    const { gradients, records } = valueAndGrad(objective, parameters, { capture: optimizer.needs(0) });
    const update = () => optimizer.update(gradients, { parameters, records, step: 0, oracles });
    expect(update).toThrow('quadraticModel: device "deferred" is asynchronous');
  });

  it("inverts factors on the host where it has no kernel for that: two calls a layer", () => {
    const device = deferred({ without: ["dampedInverse"] });
    using optimizer = kfac({ refreshEvery: 1, statisticsEvery: 1 });
    take(tinyMlp({ device }), optimizer, 3);
    expect(device.counts).toMatchObject({ reads: 0, hostCalls: 3 * 2 * 2 });
  });
});
