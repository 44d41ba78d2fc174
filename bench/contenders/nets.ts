/** The nets of the step benchmark, and one training step of each by hand. */

import { valueAndGrad } from "@kronograd/autograd";
import { median } from "@kronograd/figures";
import {
  type Initializer,
  type Layer,
  leNet,
  mlp,
  parameters,
  resNet20,
  softmaxCrossEntropy,
  vgg,
} from "@kronograd/layers";
import { adam, kfac, type Optimizer, sgd, skfac } from "@kronograd/optimizers";
import {
  adopt,
  copyOp,
  type Device,
  dispatchInto,
  generate,
  Rng,
  retain,
  scope,
  type Tensor,
  tensor,
} from "@kronograd/tensor";
import type { Method, Net } from "../job.ts";
import { uniformStream, uniformValues } from "./numbers.ts";

const classes = 10;
const learningRate = 1e-4; // small: thousands of steps on one batch must not end in zeros

const optimizers: Readonly<Partial<Record<Method, () => Optimizer>>> = {
  sgd: () => sgd({ learningRate, momentum: 0.9 }),
  adam: () => adam({ learningRate }),
  kfac: () => kfac({ learningRate }),
  skfac: () => skfac({ learningRate }),
  "skfac fresh": () => skfac({ learningRate, rank: null, refreshEvery: 1 }),
  "skfac paper": () => skfac({ learningRate, paper: true }),
};

/** The optimizer of a method, or null for those that only a rival has. */
export function optimizerFor(method: Method): Optimizer | null {
  return optimizers[method]?.() ?? null;
}

/** Steps from one refresh of the curvature to the next. */
export function periodOf({ config }: Optimizer): number {
  return typeof config.refreshEvery === "number" ? config.refreshEvery : 1;
}

/** Weights that are drawn quickly: the widest net has 67 million. */
const quickly: Initializer = (shape, context) => {
  const next = uniformStream(shape.length);
  return generate(shape, context, () => next() / Math.sqrt(context.fanIn));
};

function build(net: Net, device: Device): { model: Layer; image: readonly number[] } {
  const options = { rng: new Rng(0), device };
  if (net.startsWith("wide ")) {
    const width = Number(net.slice(5));
    return { model: mlp([width, width, classes], { ...options, init: quickly }), image: [width] };
  }
  if (net === "mlp") return { model: mlp([784, 512, 256, classes], options), image: [784] };
  if (net === "lenet") return { model: leNet(options), image: [1, 28, 28] };
  const model = net === "vgg" ? vgg(options) : resNet20(options);
  return { model, image: [3, 32, 32] };
}

/** A model with its optimizer, one batch of random images, and steps. */
export class Trainer implements Disposable {
  readonly optimizer: Optimizer;
  readonly #model: Layer;
  readonly #parameters: Readonly<Record<string, Tensor>>;
  readonly #loss = softmaxCrossEntropy();
  readonly #inputs: Tensor;
  readonly #targets: Tensor;

  constructor(net: Net, optimizer: Optimizer, batch: number, device: Device) {
    const { model, image } = build(net, device);
    const shape = [batch, ...image];
    this.optimizer = optimizer;
    this.#model = model;
    this.#parameters = parameters(model);
    this.#inputs = tensor(uniformValues(shape.reduce((a, b) => a * b)), { shape, device });
    this.#targets = tensor(
      Int32Array.from({ length: batch }, (_, i) => (i * 7) % classes),
      { device },
    );
  }

  /** Forward, backward, update. The step's number decides what the optimizer has due. */
  step(number: number, mark: (phase: string) => void = () => undefined): void {
    const { optimizer } = this;
    const trained = this.#parameters;
    scope(() => {
      mark("forward");
      const commits: [buffer: Tensor, value: Tensor][] = [];
      const mode = {
        training: true,
        rng: new Rng(number),
        commit: (buffer: Tensor, value: Tensor) => void commits.push([buffer, retain(value)]),
      };
      const outputs = () => this.#model.forward(this.#inputs, mode);
      const { gradients, records } = valueAndGrad({ outputs, loss: this.#loss, targets: this.#targets }, trained, {
        capture: optimizer.needs(number),
        mark,
      });
      mark("update");
      const directions = optimizer.update(gradients, { parameters: trained, records, step: number, mark });
      mark("apply");
      optimizer.apply(trained, directions, number);
      for (const [buffer, value] of commits) dispatchInto(copyOp, [buffer], [adopt(value)], {});
    });
  }

  [Symbol.dispose](): void {
    this.optimizer[Symbol.dispose]();
    for (const t of Object.values(this.#parameters)) t.dispose();
    this.#inputs.dispose();
    this.#targets.dispose();
  }
}

/** Steps of one kind: those that refresh the curvature, or those between. */
export class Steps implements Disposable {
  readonly #trainer: Trainer;
  readonly #period: number;
  readonly #due: boolean;
  #number: number;

  constructor(trainer: Trainer, due: boolean) {
    this.#trainer = trainer;
    this.#period = periodOf(trainer.optimizer);
    this.#due = due || this.#period === 1;
    this.#number = 1000 * this.#period; // past the first steps, on which some optimizers do more
    trainer.step(0); // makes statistics and state
  }

  run(mark?: (phase: string) => void): void {
    this.#number += this.#due ? this.#period : 1;
    if (!this.#due && this.#number % this.#period === 0) this.#number += 1;
    this.#trainer.step(this.#number, mark);
  }

  /** Milliseconds by phase: medians of five steps. */
  phases(): Record<string, number> {
    const taken = Array.from({ length: 5 }, () => this.#onePhases());
    const names = [...new Set(taken.flatMap((one) => Object.keys(one)))];
    return Object.fromEntries(names.map((name) => [name, median(taken.map((one) => one[name] ?? 0))]));
  }

  #onePhases(): Record<string, number> {
    const ms: Record<string, number> = {};
    let current: string | undefined;
    let since = 0;
    const mark = (phase?: string) => {
      const now = performance.now();
      if (current !== undefined) ms[current] = (ms[current] ?? 0) + now - since;
      current = phase;
      since = now;
    };
    this.run(mark);
    mark();
    return ms;
  }

  [Symbol.dispose](): void {
    this.#trainer[Symbol.dispose]();
  }
}
