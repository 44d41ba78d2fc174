/** A page's program: a run whose WebGL2 context is lost half-way, and the run that goes on from its checkpoint on another device. */

import "@kronograd/backend-gpujs";
import * as k from "kronograd";

declare const report: (value: unknown) => void;

/** The contexts that this page has opened. */
const contexts: WebGL2RenderingContext[] = [];
for (const { prototype } of [HTMLCanvasElement, OffscreenCanvas]) {
  const plain = prototype.getContext as (...given: unknown[]) => unknown;
  prototype.getContext = function (this: unknown, ...given: unknown[]) {
    const context = plain.apply(this, given);
    if (context instanceof WebGL2RenderingContext && !contexts.includes(context)) contexts.push(context);
    return context;
  } as never;
}

const rng = new k.Rng(0);
const part = () => ({
  inputs: Float32Array.from({ length: 32 * 20 }, () => rng.normal()),
  targets: Int32Array.from({ length: 32 }, (_, i) => i % 3),
});
const kind = { name: "noise", source: "random", task: "classification", classes: 3, inputShape: [20] } as const;
const data = k.defineDataset({ ...kind, train: part(), test: part() });

const steps = 20;
const saved: [step: number, bytes: Uint8Array][] = [];
const runOn = (device: k.Device, more: Partial<k.FitOptions> = {}) =>
  k.fit({
    model: k.mlp([20, 16, 3], { device, rng: new k.Rng(2) }),
    loss: k.softmaxCrossEntropy(),
    data,
    optimizer: k.sgd({ learningRate: 0.05, momentum: 0.9 }),
    batch: 8,
    steps,
    evaluateEvery: 5,
    rng: new k.Rng(1),
    ...more,
  });

async function lossesOf(run: AsyncIterable<k.RunEvent>, losses: number[], at?: () => void): Promise<unknown> {
  try {
    for await (const event of run) {
      if (event.type !== "step") continue;
      losses.push(event.loss as number);
      if (event.step === 12) at?.();
    }
    return null;
  } catch (error) {
    return { name: (error as Error).name, message: (error as Error).message };
  }
}

const whole: number[] = [];
await lossesOf(runOn(await k.createDevice("gpujs")), whole);

const device = await k.createDevice("gpujs");
const x = k.ones([4], { device });
const open = contexts.filter((context) => !context.isContextLost());
const save = (bytes: Uint8Array, { step }: { step: number }) => {
  saved.push([step, bytes]);
  return `step ${step}`;
};
const half: number[] = [];
const told = await lossesOf(runOn(device, { checkpoint: { every: 5, save } }), half, () => {
  for (const context of open) context.getExtension("WEBGL_lose_context")?.loseContext();
});
const later = await x.data().then(
  () => null,
  (error: Error) => ({ name: error.name, message: error.message }),
);

const [step, bytes] = saved.at(-1) as [number, Uint8Array];
const rest: number[] = [];
await lossesOf(runOn(await k.createDevice("gpujs"), { resume: { bytes, file: `step ${step}` } }), rest);
report({ whole, half, told, later, step, rest, contexts: open.length });
