/** A device that is lost in the middle of a run, and the run that goes on from its checkpoint on another. */

import { openGpu, WebGpuBackend } from "@kronograd/backend-webgpu";
import {
  BackendError,
  Device,
  defineDataset,
  type FitOptions,
  fit,
  mlp,
  ones,
  Rng,
  sgd,
  softmaxCrossEntropy,
  sum,
} from "kronograd";
import { describe, expect, it } from "vitest";
import { missing } from "../testing/webgpu.ts";

const data = (() => {
  const rng = new Rng(0);
  const part = () => ({
    inputs: Float32Array.from({ length: 32 * 20 }, () => rng.normal()),
    targets: Int32Array.from({ length: 32 }, (_, i) => i % 3),
  });
  const kind = { name: "noise", source: "random", task: "classification", classes: 3, inputShape: [20] } as const;
  return defineDataset({ ...kind, train: part(), test: part() });
})();

/** A device, and the GPU below it. */
async function open(): Promise<{ device: Device; gpu: GPUDevice }> {
  const opened = await openGpu();
  return { device: new Device(new WebGpuBackend(opened)), gpu: opened.device };
}

const runOn = (device: Device, more: Partial<FitOptions>) =>
  fit({
    model: mlp([20, 16, 3], { device, rng: new Rng(2) }),
    loss: softmaxCrossEntropy(),
    data,
    optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
    batch: 8,
    steps: 20,
    evaluateEvery: 5,
    rng: new Rng(1),
    ...more,
  });

describe.skipIf(missing !== null)("a lost device", () => {
  it("rejects what was asked for and throws on later calls, with what to do", async () => {
    const { device, gpu } = await open();
    const x = ones([100], { device });
    const pending = sum(x).data();
    gpu.destroy();
    const outcome = await pending.then(
      ([value]) => value,
      (error: unknown) => error,
    );
    expect(outcome === 100 || outcome instanceof BackendError, String(outcome)).toBe(true); // 100: answered before
    await gpu.lost;
    await expect(x.data()).rejects.toThrow("Open a new device and resume from the last checkpoint.");
    expect(() => sum(x)).toThrow(BackendError);
    expect(() => ones([3], { device })).toThrow(BackendError);
  });

  it("ends a run with a BackendError, and its checkpoint goes on elsewhere to the same losses", async () => {
    const losses: number[] = [];
    for await (const event of runOn((await open()).device, {}))
      if (event.type === "step") losses.push(event.loss as number);

    const { device, gpu } = await open();
    const saved: [step: number, bytes: Uint8Array][] = [];
    const checkpoint: FitOptions["checkpoint"] = {
      every: 5,
      save(bytes, { step }) {
        saved.push([step, bytes]);
        return `step ${step}`;
      },
    };
    const lost = async () => {
      for await (const event of runOn(device, { checkpoint })) {
        if (event.type === "step" && event.step === 12) gpu.destroy();
      }
    };
    await expect(lost()).rejects.toThrow(BackendError);
    const [step, bytes] = saved.at(-1)!;
    expect(step).toBe(10);

    const rest: number[] = [];
    const resume = { bytes, file: `step ${step}` };
    for await (const event of runOn((await open()).device, { resume }))
      if (event.type === "step") rest.push(event.loss as number);
    expect(rest).toHaveLength(10);
    rest.forEach((loss, i) => {
      expect(loss).toBeCloseTo(losses[step + i] as number, 5);
    });
  });
});
