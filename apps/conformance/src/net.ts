/** The fixtures' nets, built from real layers. */

import {
  attention,
  Conv2d,
  Dense,
  elu,
  flatten,
  gelu,
  initialize,
  type Layer,
  LayerNorm,
  leakyRelu,
  maxPool2d,
  model,
  parameters,
  relu,
  Sequential,
  sigmoid,
  silu,
  softplus,
  tanh,
} from "@kronograd/layers";
import { add, DataError, mean, permute, Rng, reshape, type Tensor, write } from "@kronograd/tensor";
import type { HostArray } from "@kronograd/testkit";
import { type Dictionary, type FixtureCase, isArray, isDictionary, type Json } from "./fixture.ts";
import type { CaseRun } from "./handler.ts";

/** A net with its fixture's parameters. */
export interface Net {
  readonly parameters: Readonly<Record<string, Tensor>>;
  forward(x: Tensor): Tensor;
}

/** The net of a `net` case, by the name of that case. */
export function namedNet(run: CaseRun, name: string): Promise<Net> {
  return netOf(run, netCase(run, name));
}

/** The `net` case of a name. */
export function netCase(run: CaseRun, name: string): FixtureCase {
  return run.neighbour(`net "${name}"`, (fixture) => fixture.op === "net" && fixture.name === name);
}

/** Build the net that a `net` case describes. */
export async function netOf(run: CaseRun, { params, inputs, name }: FixtureCase): Promise<Net> {
  const { kind, config, layers } = params;
  const values = inputs.params;
  if (!isDictionary(config) || !isDictionary(layers) || !isDictionary(values)) {
    throw new DataError({ where: name, problem: "a net needs config, layers and params" });
  }
  return load(run, kind === "tf" ? transformer(config, values) : stack(config, layers, values), values);
}

/** Dense layers `fc0`, `fc1`, … with an activation between them, sized by their parameters. */
export function denseNet(run: CaseRun, values: Json | undefined, act: string): Promise<Net> {
  if (!isDictionary(values)) throw run.lacks("params", "a dictionary of tensors", values);
  const names = [...new Set(Object.keys(values).map((key) => key.split(".")[0]!))];
  const layers = Object.fromEntries(names.map((name) => [name, { type: "linear", bias: `${name}.bias` in values }]));
  return load(run, stack({ act }, layers, values), values);
}

/** One linear convolution `conv`, without bias, stride or padding, whose weight is an input of the case. */
export function convolutionNet(run: CaseRun, input: string): Promise<Net> {
  const weight = run.case.inputs[input];
  if (!isArray(weight)) throw run.lacks(`input "${input}"`, "a tensor", weight);
  const values = { "conv.weight": weight };
  return load(run, stack({}, { conv: { type: "conv2d", kernel: weight.shape.slice(2), bias: false } }, values), values);
}

/** Convolutions and dense layers with the activation between them, 2×2 max-pools after some, flat before the first dense one. */
function stack(config: Dictionary, layers: Dictionary, values: Dictionary): Layer {
  const entries = Object.entries(layers) as [string, Dictionary][];
  const pooled = Array.isArray(config.pool) ? (config.pool as number[]) : [];
  const children: Record<string, Layer> = {};
  let convolutions = 0;
  entries.forEach(([name, options], i) => {
    const isConv = options.type === "conv2d";
    if (!isConv && convolutions > 0 && !("flatten" in children)) children.flatten = flatten();
    children[name] = isConv
      ? convolution(options, weightShape(values, name))
      : dense(options, weightShape(values, name));
    if (i < entries.length - 1) children[`${name}_act`] = activation(String(config.act ?? "identity"));
    if (isConv && pooled.includes(convolutions++)) children[`${name}_pool`] = maxPool2d(2);
  });
  return new Sequential(children);
}

function dense({ bias }: Dictionary, [out, inputs]: readonly number[]): Dense {
  return new Dense({ in: inputs!, out: out!, bias: bias !== false });
}

function convolution(
  { kernel, stride, padding, dilation, groups, bias }: Dictionary,
  [out, perGroup]: readonly number[],
): Conv2d {
  const pair = (value: Json | undefined, fallback: number) => (value ?? fallback) as number | [number, number];
  const count = typeof groups === "number" ? groups : 1;
  return new Conv2d({
    in: perGroup! * count,
    out: out!,
    kernel: pair(kernel, 1),
    stride: pair(stride, 1),
    padding: pair(padding, 0),
    dilation: pair(dilation, 1),
    groups: count,
    bias: bias !== false,
  });
}

/** One block of self-attention and one of dense layers, each behind a layer norm and beside a residual path. */
function transformer(config: Dictionary, values: Dictionary): Layer {
  const { d, heads } = config as { d: number; heads: number };
  const linear = (name: string) => dense({ bias: `${name}.bias` in values }, weightShape(values, name));
  const norm = () => new LayerNorm({ shape: d, epsilon: 1e-5 });
  const byHead = (t: Tensor) => permute(reshape(t, [...t.shape.slice(0, 2), heads, d / heads]), [0, 2, 1, 3]); // [B, heads, S, d/heads]
  const layers = {
    ...{ q: linear("q"), k: linear("k"), v: linear("v"), o: linear("o"), up: linear("up"), down: linear("down") },
    ...{ head: linear("head"), ln1: norm(), ln2: norm(), lnf: norm(), gelu: gelu() },
  };
  return model(layers, (x, { q, k, v, o, up, down, head, ln1, ln2, lnf, gelu: act }) => {
    const h = ln1(x);
    const mixed = attention(byHead(q(h)), byHead(k(h)), byHead(v(h)));
    const attended = add(x, o(reshape(permute(mixed, [0, 2, 1, 3]), x.shape)));
    return head(mean(lnf(add(attended, down(act(up(ln2(attended)))))), 1));
  });
}

const activations: Readonly<Record<string, () => Layer>> = {
  relu,
  tanh,
  sigmoid,
  softplus,
  silu,
  elu: () => elu(),
  leaky_relu: () => leakyRelu(),
  gelu: () => gelu(),
  gelu_tanh: () => gelu({ tanh: true }),
  identity: () => ({ kind: "identity", forward: (x) => x }),
};

function activation(name: string): Layer {
  const make = activations[name === "linear" || name === "none" ? "identity" : name];
  if (make === undefined)
    throw new DataError({ where: "net", problem: `unknown activation "${name}"`, expected: Object.keys(activations) });
  return make();
}

function weightShape(values: Dictionary, layer: string): readonly number[] {
  const weight = values[`${layer}.weight`];
  if (!isArray(weight))
    throw new DataError({ where: "net", problem: `there is no "${layer}.weight"`, got: Object.keys(values) });
  return weight.shape;
}

/** Make the layers' parameters on the case's device and fill them in. */
async function load(run: CaseRun, layer: Layer, values: Dictionary): Promise<Net> {
  initialize(layer, { ...run.placement, rng: new Rng(0) });
  const own = parameters(layer);
  const unknown = Object.keys(values).filter((name) => !(name in own));
  const missing = Object.keys(own).filter((name) => !(name in values));
  if (unknown.length + missing.length > 0) {
    throw new DataError({
      where: run.case.name,
      problem: "the net's parameters are not those of its layers",
      expected: missing,
      got: unknown,
    });
  }
  for (const [name, target] of Object.entries(own)) {
    const source = run.tensor(values[name] as HostArray);
    write(target, await source.data());
  }
  return { parameters: own, forward: (x) => layer.forward(x, { training: true }) };
}
