/** A model as a tree of layers: full names, initial values, parameters, buffers and their groups. */

import { type Placement, type Rng, type Tensor, type Tree, UsageError } from "@kronograd/tensor";
import type { Layer, ParameterRole } from "./layer.ts";
import { checkNames } from "./parts/checks.ts";

/** How a model is built: with `rng` it is initialized at once, without it by the container that it is put into. */
export interface ModelOptions extends Placement {
  /** Initial values are drawn from forks of this stream by name, which does not advance. */
  readonly rng?: Rng;
}

/**
 * Every layer once, with its full name ("block1.conv2"), parents first. A layer in two places has the name of the first.
 * The root has no name of its own, but for a lone layer, which is called by its kind.
 */
export function* layersOf(root: Layer<Tree>): Generator<readonly [name: string, layer: Layer<Tree>]> {
  const seen = new Set<Layer<Tree>>();
  function* visit(layer: Layer<Tree>, name: string): Generator<readonly [string, Layer<Tree>]> {
    if (seen.has(layer)) return;
    seen.add(layer);
    yield [name === "" ? layer.kind : name, layer];
    const children = layer.children?.() ?? {};
    checkNames(name === "" ? layer.kind : name, "a layer", Object.keys(children));
    for (const [child, inner] of Object.entries(children)) {
      yield* visit(inner, name === "" ? child : `${name}.${child}`);
    }
  }
  yield* visit(root, "");
}

/**
 * Name every layer of a model and make the parameters that do not exist yet.
 *
 * Each layer draws from `rng` forked by its full name, so a layer's initial values do not depend on its neighbours.
 */
export function initialize(model: Layer<Tree>, { rng, ...placement }: ModelOptions & { readonly rng: Rng }): void {
  for (const [name, layer] of layersOf(model)) layer.init?.({ ...placement, rng: rng.fork(name), name });
}

/** Initialize a new container if its options say so. @throws {UsageError} a device or dtype without rng */
export function initializeRoot(where: string, model: Layer<Tree>, { rng, ...placement }: ModelOptions): void {
  if (rng !== undefined) initialize(model, { rng, ...placement });
  else if (placement.device !== undefined || placement.dtype !== undefined) {
    throw new UsageError({
      where,
      problem: "device and dtype are chosen when initial values are drawn, which needs rng",
      help: "Pass { rng: new Rng(0) } too, or neither to a part of a larger model.",
    });
  }
}

type Own = "parameters" | "buffers";

function* owned(
  model: Layer<Tree>,
  what: Own,
): Generator<{ name: string; own: string; layer: Layer<Tree>; tensor: Tensor }> {
  const seen = new Set<number>();
  for (const [path, layer] of layersOf(model)) {
    const tensors = layer[what]?.() ?? {};
    checkNames(path, "a tensor", Object.keys(tensors));
    for (const [own, tensor] of Object.entries(tensors)) {
      if (seen.has(tensor.id)) continue;
      seen.add(tensor.id);
      yield { name: `${path}.${own}`, own, layer, tensor };
    }
  }
}

const collect = (model: Layer<Tree>, what: Own): Record<string, Tensor> =>
  Object.fromEntries([...owned(model, what)].map(({ name, tensor }) => [name, tensor]));

/**
 * Every parameter by its full name ("conv1.weight"), in the order of the layers. A shared one comes once, by its first name.
 *
 * @throws {UsageError} the model is not initialized
 */
export function parameters(model: Layer<Tree>): Record<string, Tensor> {
  return collect(model, "parameters");
}

/** Every buffer by its full name ("norm1.mean"). @throws {UsageError} the model is not initialized */
export function buffers(model: Layer<Tree>): Record<string, Tensor> {
  return collect(model, "buffers");
}

/** Role of each parameter, by its full name. */
export function parameterRoles(model: Layer<Tree>): Record<string, ParameterRole> {
  const role = (layer: Layer<Tree>, own: string) => layer.role?.(own) ?? (own === "bias" ? "bias" : "weight");
  return Object.fromEntries([...owned(model, "parameters")].map(({ name, own, layer }) => [name, role(layer, own)]));
}

/**
 * Where each parameter stands in the model, by its full name. Weights in the order of the layers: the first reads the
 * model's input (unless an embedding does), the last gives its output, the others are hidden; a lone weight is the last.
 */
export function positionRoles(
  model: Layer<Tree>,
): Record<string, "first" | "hidden" | "last" | "embedding" | "norm" | "bias"> {
  const roles = Object.entries(parameterRoles(model));
  const weights = roles.flatMap(([name, role]) => (role === "weight" ? [name] : []));
  const embedded = roles.find(([, role]) => role === "weight" || role === "embedding")?.[1] === "embedding";
  const positions = roles.map(([name, role]) => {
    if (role !== "weight") return [name, role] as const;
    if (name === weights.at(-1)) return [name, "last"] as const;
    return [name, name === weights[0] && !embedded ? "first" : "hidden"] as const;
  });
  return Object.fromEntries(positions);
}

/**
 * The parameters that weight decay should leave alone: biases and the scales and shifts of norms.
 *
 * @example
 * const spared = noDecay(mlp([2, 3], { rng: new Rng(0) }));
 * spared("dense1.bias");   // true
 */
export function noDecay(model: Layer<Tree>): (parameter: string) => boolean {
  const roles = parameterRoles(model);
  return (parameter) => roles[parameter] === "bias" || roles[parameter] === "norm";
}

/** How many numbers training changes; shared ones count once. */
export function countParameters(model: Layer<Tree>): number {
  return Object.values(parameters(model)).reduce((count, { size }) => count + size, 0);
}

/** Free a model's parameters and buffers at once, without waiting for the garbage collector. */
export function disposeModel(model: Layer<Tree>): void {
  for (const what of ["parameters", "buffers"] as const) for (const { tensor } of owned(model, what)) tensor.dispose();
}
