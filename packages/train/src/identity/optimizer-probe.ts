/**
 * The behaviour of an optimizer as numbers: some steps on a tiny problem whose parameters have the names of the model's, so that
 * settings by name, schedules of the user's own and methods without options all show.
 *
 * Each layer of the model with a weight becomes x + tanh(W x + b) on vectors of three; any other parameter is multiplied in.
 * It runs on `cpu` in float64, from an optimizer without state.
 */

import {
  Dense,
  initialize,
  type Layer,
  parameterRoles,
  parameters,
  positionRoles,
  softmaxCrossEntropy,
} from "@kronograd/layers";
import { Optimizer } from "@kronograd/optimizers";
import {
  add,
  cpu,
  mul,
  normal,
  ones,
  Rng,
  scale,
  scope,
  type Tensor,
  type Tree,
  tanh,
  tensor,
} from "@kronograd/tensor";
import { Clock } from "../clock.ts";
import { trainStep } from "../step.ts";

/** Steps that are taken, by number: the first ones, and two that schedules reach late. */
const probed = [0, 1, 2, 500, 20_000];
const width = 3;
const placement = { device: cpu, dtype: "float64" } as const;

/**
 * How far each parameter of the tiny problem has moved after some steps, as a weighted sum.
 *
 * @returns by parameter name; or, where the optimizer cannot take the problem, the name of its error
 */
export function firstSteps(optimizer: Optimizer, model: Layer<Tree>): Readonly<Record<string, number>> | string {
  using own = new Optimizer(optimizer.options);
  return scope(() => {
    const rng = new Rng(0);
    const tiny = tinyModel(model, rng);
    const moving = parameters(tiny);
    const before = Object.entries(moving).map(([name, t]) => ({ name, t, values: t.dataSync() }));
    const inputs = normal(rng, [4, width], placement);
    const targets = tensor(Int32Array.of(0, 1, 2, 1), { device: cpu });
    const loss = softmaxCrossEntropy();
    const fixed = {
      model: tiny,
      parameters: moving,
      loss,
      optimizer: own,
      batch: { inputs, targets },
      roles: positionRoles(model),
    };
    try {
      for (const step of probed) trainStep({ ...fixed, step, rng: rng.fork(step), clock: new Clock() });
    } catch (error) {
      return error instanceof Error ? error.name : "error";
    }
    const moved = before.map(({ name, t, values }) => {
      const now = Float64Array.from(t.dataSync());
      return [name, now.reduce((sum, value, i) => sum + (i + 1) * (value - values[i]!), 0)] as const;
    });
    return Object.fromEntries(moved);
  });
}

/** A net of vectors of three with a layer for each layer of the model, under the same names and roles. */
function tinyModel(model: Layer<Tree>, rng: Rng): Layer {
  const layers = new Map<string, string[]>();
  const roles = parameterRoles(model);
  for (const name of Object.keys(roles)) {
    const end = name.lastIndexOf(".");
    const layer = name.slice(0, end);
    layers.set(layer, [...(layers.get(layer) ?? []), name.slice(end + 1)]);
  }
  const children: Readonly<Record<string, Layer>> = Object.fromEntries(
    [...layers].map(([layer, own]): [string, Layer] => {
      const isDense = own.includes("weight") && own.every((name) => name === "weight" || name === "bias");
      if (isDense && roles[`${layer}.weight`] === "weight") {
        return [layer, new Dense({ in: width, out: width, bias: own.includes("bias") })];
      }
      const held: Readonly<Record<string, Tensor>> = Object.fromEntries(
        own.map((name) => [name, ones([width], placement)]),
      );
      const factors: Layer = {
        kind: "factors",
        parameters: () => held,
        role: (name) => roles[`${layer}.${name}`] ?? "weight",
        forward: (x) => Object.values(held).reduce(mul, x),
      };
      return [layer, factors];
    }),
  );
  const tiny: Layer = {
    kind: "block",
    children: () => children,
    forward(x, mode) {
      let y = x;
      for (const child of Object.values(children)) {
        y = child.kind === "dense" ? add(y, tanh(child.forward(y, mode))) : child.forward(y, mode);
      }
      return scale(y, 1 / layers.size);
    },
  };
  initialize(tiny, { rng, ...placement });
  return tiny;
}
