/**
 * The identity of a run besides its state: model, loss, data, optimizer, each with every option, and how the run goes through the
 * data. A checkpoint carries it, and a run resumed from the checkpoint must be the same.
 *
 * Options are compared by name. What no option names (a function of the user's own) is compared by what it does: the model
 * by the ops of a forward pass, the loss by its value at fixed outputs, the optimizer by its first steps on a fixed problem.
 */

import type { Loss } from "@kronograd/autograd";
import { type Dataset, gatherBatch, isStream, type StreamedDataset } from "@kronograd/data";
import { type Layer, modelStructure } from "@kronograd/layers";
import type { Optimizer } from "@kronograd/optimizers";
import { type Device, type Dtype, type Rng, scope, sizeOf, type Tensor, type Tree, tensor } from "@kronograd/tensor";
import { soleTensor } from "../batch-rows.ts";
import { traceForward } from "./forward-trace.ts";
import { firstSteps } from "./optimizer-probe.ts";

/** A tree of plain data; `checkIdentity` names what differs by its path. */
export type Identity = { readonly [name: string]: IdentityPart };

/** A value of an identity. */
export type IdentityPart = number | string | boolean | null | readonly IdentityPart[] | Identity;

/** The options of a run that its identity is made of. */
export interface IdentityOptions {
  readonly model: Layer<Tree>;
  readonly loss: Loss;
  readonly data: Dataset | StreamedDataset;
  readonly optimizer: Optimizer;
  readonly batch: number;
  readonly microBatch?: number;
  readonly dropLast?: boolean;
  readonly rng: Rng;
}

/** Names of parts that hold measured numbers, which are compared with a tolerance. */
export const measured = { loss: "value at fixed outputs", optimizer: "first steps on a fixed problem" } as const;

/** The part that holds the ops of a forward pass. */
export const forwardOps = "forward pass";

/**
 * Describe a run's identity. Runs the model on two rows and the optimizer on a tiny problem; neither is changed.
 *
 * @param placement  where the model is
 */
export async function identityOf(
  options: IdentityOptions,
  placement: { readonly device: Device; readonly dtype: Dtype },
): Promise<Identity> {
  const { model, loss, data, optimizer, batch, microBatch = batch, dropLast = true, rng } = options;
  const split = isStream(data.train) ? data.test : data.train;
  const rows = [0, Math.min(1, split.count - 1)];
  const { ops, value } = scope(() => {
    const { inputs, targets } = gatherBatch(split, rows, placement);
    const trace = traceForward(model, inputs);
    return { ops: trace.ops, value: loss.value(fixedLike(trace.outputs), soleTensor("targets", targets)) };
  });
  const lossValue = await value.item();
  value.dispose();
  const layers = modelStructure(model).map(({ name, kind, options: own, tensors }) => [
    name,
    {
      kind,
      ...own,
      ...Object.fromEntries(Object.entries(tensors).map(([tensor, shape]) => [`${tensor}.shape`, shape])),
    },
  ]);
  return {
    model: { ...Object.fromEntries(layers), [forwardOps]: ops },
    loss: {
      name: loss.name,
      reduction: loss.reduction,
      ...plainOptions((loss as { readonly config?: object }).config),
      [measured.loss]: lossValue,
    },
    optimizer: {
      name: optimizer.name,
      chain: optimizer.chain.name,
      ...plainOptions(optimizer.config),
      [measured.optimizer]: firstSteps(optimizer, model),
    },
    data: data.fingerprint,
    backend: `${placement.device.toString()}, ${placement.dtype}`,
    batch,
    microBatch: microBatch < batch ? microBatch : "the batch",
    dropLast,
    seed: JSON.stringify(rng.state()),
  };
}

/** Numbers that depend on nothing, in the shape of a model's outputs. */
function fixedLike({ shape, device, dtype }: Tensor): Tensor {
  const values = Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i + 1));
  return tensor(values, { shape, device, dtype });
}

/** Options as JSON knows them; functions by what they give at some steps. */
function plainOptions(config: object = {}): Identity {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, plainOf(value)]));
}

function plainOf(value: unknown): IdentityPart {
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "function") return "config" in value ? String(value) : "a function";
  if (ArrayBuffer.isView(value)) return [...(value as unknown as Iterable<number>)];
  if (Array.isArray(value)) return value.map(plainOf);
  if (value instanceof RegExp) return value.source;
  if (typeof value !== "object" || value === null) return null;
  return plainOptions(value);
}
