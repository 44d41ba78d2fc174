/** This project: jobs on one of its devices, by its public functions. */

import { cholesky, dampedInverse, solveTriangular, syrk } from "@kronograd/linalg";
import { adam, type Optimizer, sgd, updatesOf } from "@kronograd/optimizers";
import {
  add,
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  copy,
  type Device,
  elementwise,
  exp,
  matmul,
  relu,
  run,
  type Shape,
  scope,
  softmax,
  type Tensor,
  tensor,
} from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { type Contender, type Turn, timed, timedUntil } from "../contender.ts";
import { type ElementwiseOp, type Job, rowLength } from "../job.ts";
import { optimizerFor, Steps, Trainer } from "./nets.ts";
import { positiveDefinite, uniformValues } from "./numbers.ts";

/** A bias and an activation in one pass, as a layer of one's own would declare it. */
const biasReluOp = elementwise("benchBiasRelu", (x, bias) => e.max(e.add(x, bias), e.constant(0)), {});

/** A contender that computes on a device. `rest` is that of its turns. */
export function ownContender(name: string, device: Device, rest = 0): Contender {
  return {
    name,
    about: device.adapter,
    prepare(job) {
      const turn = new Bench(device).prepare(job);
      return typeof turn === "string" ? turn : { ...turn, rest };
    },
  };
}

/** One job on a device, with the inputs that it holds. */
class Bench {
  readonly #device: Device;
  readonly #held: Disposable[] = [];

  constructor(device: Device) {
    this.#device = device;
  }

  prepare(job: Job): Turn | string {
    if (job.kind === "step") return this.#step(job);
    const once = this.#once(job);
    if (typeof once === "string") return once;
    return this.#timed(
      () => scope(() => void once()),
      () => {
        for (const each of this.#held) each[Symbol.dispose]();
      },
    );
  }

  /** A device that only enqueues is timed until it is idle. */
  #timed(once: () => void, release: () => void): Turn {
    const { backend } = this.#device as { backend: { idle?(): Promise<void> } };
    return backend.idle === undefined ? timed(once, release) : timedUntil(() => backend.idle!(), once, release);
  }

  #step({ net, method, batch, due = false }: Extract<Job, { kind: "step" }>): Turn | string {
    const optimizer = optimizerFor(method);
    if (optimizer === null) return `has no ${method}`;
    const steps = new Steps(new Trainer(net, optimizer, batch, this.#device), due);
    const turn = this.#timed(
      () => steps.run(),
      () => steps[Symbol.dispose](),
    );
    return "idle" in this.#device.backend ? turn : { ...turn, phases: () => steps.phases() };
  }

  #once(job: Exclude<Job, { kind: "step" }>): (() => unknown) | string {
    switch (job.kind) {
      case "gemm": {
        const [a, b] = [this.#random([job.m, job.k], job.float64), this.#random([job.k, job.n], job.float64)];
        return () => matmul(a, b);
      }
      case "syrk": {
        const x = this.#random([job.n, job.k], job.float64);
        return () => syrk(x);
      }
      case "cholesky": {
        const A = this.#hold(tensor(positiveDefinite(job.n), { shape: [job.n, job.n], device: this.#device }));
        return () => cholesky(A);
      }
      case "inverse": {
        const shape = [job.n, job.n];
        const A = this.#hold(tensor(positiveDefinite(job.n), { shape, device: this.#device, dtype: "float64" }));
        return () => dampedInverse(A, 1e-3);
      }
      case "solve": {
        const T = this.#hold(tensor(positiveDefinite(job.n), { shape: [job.n, job.n], device: this.#device }));
        const B = this.#random([job.n, job.k]);
        return () => solveTriangular(T, B);
      }
      case "conv":
        return this.#convolution(job);
      case "elementwise":
        return this.#elementwise(job.op, job.length);
      case "peak":
      case "gpu peak":
        return "is not a measure of the machine";
    }
  }

  #convolution({ pass, images, channels, outputs, size, kernel }: Extract<Job, { kind: "conv" }>): () => unknown {
    const x = this.#random([images, channels, size, size]);
    const y = this.#random([images, outputs, size, size]);
    const weight = this.#random([outputs, channels, kernel, kernel]);
    const params = {
      stride: [1, 1],
      padding: [(kernel - 1) / 2, (kernel - 1) / 2],
      dilation: [1, 1],
      groups: 1,
    } as const;
    if (pass === "forward") return () => conv2d(x, weight, null, params);
    if (pass === "input gradient") return () => conv2dInputGrad(y, weight, { ...params, size: [size, size] });
    return () => conv2dWeightGrad(x, y, { ...params, kernel: [kernel, kernel] });
  }

  #elementwise(op: ElementwiseOp, length: number): () => unknown {
    const x = this.#random([length / rowLength, rowLength]);
    switch (op) {
      case "copy":
        return () => copy(x);
      case "add": {
        const y = this.#random(x.shape);
        return () => add(x, y);
      }
      case "relu":
        return () => relu(x);
      case "exp":
        return () => exp(x);
      case "softmax":
        return () => softmax(x);
      case "biasRelu": {
        const bias = this.#random([rowLength]);
        return () => run(biasReluOp, [x, bias], {});
      }
      case "sgdUpdate":
        return this.#update(sgd({ momentum: 0.9, learningRate: 1e-6 }), x);
      case "adamUpdate":
        return this.#update(adam({ learningRate: 1e-6 }), x);
    }
  }

  #update(optimizer: Optimizer, w: Tensor): () => void {
    this.#hold(optimizer);
    const parameters = { w };
    const gradients = updatesOf({ w: this.#random(w.shape) });
    let step = 0;
    return () => {
      optimizer.apply(parameters, optimizer.update(gradients, { parameters, step }), step);
      step += 1;
    };
  }

  #random(shape: Shape, float64 = false): Tensor {
    const values = uniformValues(shape.reduce((a, b) => a * b, 1));
    return this.#hold(tensor(values, { shape, device: this.#device, dtype: float64 ? "float64" : "float32" }));
  }

  #hold<T extends Disposable>(held: T): T {
    this.#held.push(held);
    return held;
  }
}
