/**
 * Memory of a training step: its own tensors (parameters, buffers, the optimizer's state) and, for the time of the
 * step, batch, activations, gradients and what the optimizer makes of them. Bytes are those of tensors, as the device counts
 * them; scratch inside of a kernel is not among them.
 */

import { gatherBatch, type Split } from "@kronograd/data";
import { Optimizer } from "@kronograd/optimizers";
import { type Device, type Dtype, dryRun, type Storage, scope, type Tensor, tensorsIn } from "@kronograd/tensor";
import { Clock } from "./clock.ts";
import { type StepInput, trainStep } from "./step.ts";

/** Steps of the estimate: from the second on, an old state stands beside the new one. */
const driedSteps = 3;

/** Bytes of the buffers behind some tensors, each counted once. */
export function bytesOf(tensors: Iterable<Tensor>): number {
  const storages = new Set<Storage>();
  for (const { storage } of tensors) storages.add(storage);
  return [...storages].reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Run `f`; the most bytes that a device held meanwhile, beyond those before. */
export function peakAbove<T>({ memory }: Device, f: () => T): { readonly result: T; readonly bytes: number } {
  const { bytes: before, peakBytes } = memory;
  memory.peakBytes = before;
  try {
    const result = f();
    return { result, bytes: memory.peakBytes - before };
  } finally {
    memory.peakBytes = Math.max(memory.peakBytes, peakBytes);
  }
}

/** The parts of a step that an estimate needs. */
export type EstimateInput = Pick<
  StepInput,
  "model" | "parameters" | "loss" | "optimizer" | "microBatch" | "rng" | "roles"
> & {
  readonly buffers: Readonly<Record<string, Tensor>>;
  readonly split: Split;
  readonly batch: number;
  readonly placement: { readonly device: Device; readonly dtype: Dtype };
};

/**
 * Estimate the peak of a step in bytes by going through the first steps without computing (`dryRun`): same shapes, same order
 * of tensors made and freed. Nothing is changed.
 *
 * Methods whose tensors depend on values (a rank that is found, a damping that is raised) may need another amount.
 *
 * @returns null where a step cannot be gone through so
 * @cost host work of the steps alone: no kernel runs
 */
export function estimateStepBytes(input: EstimateInput): number | null {
  const { split, batch, placement, buffers, optimizer, parameters, ...step } = input;
  const { device } = placement;
  const { peakBytes } = device.memory;
  const rows = Int32Array.from({ length: batch }, (_, i) => i % split.count);
  try {
    return dryRun(device, () =>
      scope(() => {
        using own = new Optimizer(optimizer.options);
        let most = 0;
        for (let k = 0; k < driedSteps; k++) {
          const held = bytesOf([...Object.values(parameters), ...Object.values(buffers), ...tensorsIn(own.state)]);
          const { result, bytes } = peakAbove(device, () =>
            scope(() =>
              trainStep({
                ...step,
                parameters,
                optimizer: own,
                batch: gatherBatch(split, rows, placement),
                step: k,
                clock: new Clock(),
              }),
            ),
          );
          if (result.skipped !== null) return null;
          most = Math.max(most, held + bytes);
        }
        return most;
      }),
    );
  } catch {
    return null; // whatever is wrong, the run itself says it
  } finally {
    device.memory.peakBytes = peakBytes;
  }
}
