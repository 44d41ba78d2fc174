/** The plan: what will be done to each layer, printed before the first step. */

import type { Parameters } from "@kronograd/autograd";
import { type Layer, parameterRoles } from "@kronograd/layers";
import { type Optimizer, planBlock } from "@kronograd/optimizers";
import { type Device, sizeOf, type Tensor, type Tree } from "@kronograd/tensor";
import type { PlanLayer, PlanRows, RunEvent } from "./events.ts";

/** Describe a run before it starts. */
export function planOf(
  model: Layer<Tree>,
  optimizer: Optimizer,
  batch: number,
  parameters: Parameters,
  device: Device,
  data: PlanRows,
): RunEvent {
  const roles = parameterRoles(model);
  const layers: PlanLayer[] = [];
  for (const [name, t] of Object.entries(parameters)) {
    const layer = name.replace(/\.[^.]*$/, "");
    const bias = parameters[`${layer}.bias`];
    if (roles[name] === "bias" && parameters[`${layer}.weight`] !== undefined) continue;
    const isLayer = roles[name] === "weight";
    layers.push(row(isLayer ? layer : name, t, isLayer ? bias : undefined, isLayer, optimizer, batch));
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

function row(
  name: string,
  weight: Tensor,
  bias: Tensor | undefined,
  isLayer: boolean,
  optimizer: Optimizer,
  batch: number,
): PlanLayer {
  const rows = weight.shape[0] ?? 1;
  const shape = isLayer ? [rows, sizeOf(weight.shape) / rows + (bias === undefined ? 0 : 1)] : weight.shape;
  const planned = isLayer ? planBlock(optimizer.chain, { name, shape, isLayer }, batch) : null;
  return {
    name,
    shape: weight.shape,
    parameters: weight.size + (bias?.size ?? 0),
    curvature: planned === null ? "plain gradient" : optimizer.name,
    form: String(planned?.form ?? ""),
    flops: Number(planned?.flops ?? 0),
    bytes: Number(planned?.bytes ?? 0),
    precision: String(planned?.precision ?? ""),
  };
}
