/** The plan: what will be done to each layer, printed before the first step. */

import type { Parameters } from "@kronograd/autograd";
import { type Layer, parameterRoles, positionRoles } from "@kronograd/layers";
import { assertNumbers, type Optimizer, planBlock, type Roles } from "@kronograd/optimizers";
import { type Device, sizeOf, type Tensor, type Tree } from "@kronograd/tensor";
import type { PlanEvent, PlanLayer, PlanRows } from "./events.ts";

/**
 * Describe a run before it starts.
 *
 * @throws {UsageError}   a parameter that no rule of a router names
 * @throws {BackendError} a link of the optimizer reads numbers inside a step, and the device must be waited for
 */
export function planOf(
  model: Layer<Tree>,
  optimizer: Optimizer,
  batch: number,
  parameters: Parameters,
  device: Device,
  data: PlanRows,
): PlanEvent {
  assertNumbers(optimizer.chain, device);
  const kinds = parameterRoles(model);
  const roles = positionRoles(model);
  const layers: PlanLayer[] = [];
  for (const [name, t] of Object.entries(parameters)) {
    const layer = name.replace(/\.[^.]*$/, "");
    const bias = parameters[`${layer}.bias`];
    const weight = `${layer}.weight`;
    const joins =
      kinds[name] === "bias" &&
      parameters[weight] !== undefined &&
      sameWay(optimizer, [weight, name], parameters, roles);
    if (joins) continue; // a row of its weight's
    const isLayer = kinds[name] === "weight";
    const joint = isLayer && bias !== undefined && sameWay(optimizer, [name, `${layer}.bias`], parameters, roles);
    layers.push(
      row(
        { name, layer: isLayer ? layer : name, weight: t, bias: joint ? bias : undefined, isLayer },
        optimizer,
        batch,
        roles,
      ),
    );
  }
  const total = Object.values(parameters).reduce((count, t) => count + t.size, 0);
  return {
    type: "plan",
    device: device.toString(),
    why: device.why,
    optimizer: optimizer.name,
    parameters: total,
    rows: data,
    layers,
  };
}

/** Whether a router, if there is one, gives two parameters to one optimizer. */
function sameWay({ chain }: Optimizer, names: readonly string[], parameters: Parameters, roles: Roles): boolean {
  const { route } = chain;
  if (route === undefined) return true;
  const ways = names.map((name) => {
    return route({ name, shape: parameters[name]?.shape ?? [], role: roles[name] ?? "other" }).chain;
  });
  return ways.every((way) => way === ways[0]);
}

interface Row {
  readonly name: string;
  readonly layer: string;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly isLayer: boolean;
}

function row(
  { name, layer, weight, bias, isLayer }: Row,
  optimizer: Optimizer,
  batch: number,
  roles: Roles,
): PlanLayer {
  const rows = weight.shape[0] ?? 1;
  const shape = isLayer ? [rows, sizeOf(weight.shape) / rows + (bias === undefined ? 0 : 1)] : weight.shape;
  const shapes = bias === undefined ? [weight.shape] : [weight.shape, bias.shape];
  const members = bias === undefined ? [name] : [name, `${layer}.bias`];
  const block = { name: layer, shape, shapes, parameters: members, isLayer, hasBias: bias !== undefined };
  const planned = planBlock(optimizer.chain, block, batch, roles);
  const way = optimizer.chain.route?.({ name, shape: weight.shape, role: roles[name] ?? "other" });
  return {
    name: layer,
    shape: weight.shape,
    parameters: weight.size + (bias?.size ?? 0),
    ...(way && { rule: way.rule, method: way.name }),
    curvature: planned === null ? "plain gradient" : (way?.name ?? optimizer.name),
    form: String(planned?.form ?? ""),
    flops: Number(planned?.flops ?? 0),
    bytes: Number(planned?.bytes ?? 0),
    precision: String(planned?.precision ?? ""),
  };
}
