/** What can be asked of a contender. Jobs are plain data, so that they can be sent to another process. */

/** The nets of the step benchmark; "wide 1024" is a multi-layer perceptron 1024-1024-10. */
export type Net = "mlp" | "lenet" | "vgg" | "resnet20" | `wide ${number}`;

/** Optimizers of the step benchmark; the last two are PyTorch's forms of SKFAC. */
export type Method = "sgd" | "adam" | "kfac" | "skfac" | "skfac fresh" | "skfac paper" | "skfac d×d" | "skfac B×B";

export type ElementwiseOp = "copy" | "add" | "relu" | "exp" | "softmax" | "biasRelu" | "sgdUpdate" | "adamUpdate";

export type Job =
  /** C [m, n] = A [m, k] B [k, n] */
  | { readonly kind: "gemm"; readonly m: number; readonly n: number; readonly k: number; readonly float64?: boolean }
  /** X Xᵀ for X [n, k] */
  | { readonly kind: "syrk"; readonly n: number; readonly k: number; readonly float64?: boolean }
  /** Factor a positive definite [n, n], float32 */
  | { readonly kind: "cholesky"; readonly n: number }
  /** Invert a positive definite [n, n], float64 */
  | { readonly kind: "inverse"; readonly n: number }
  /** Triangular [n, n] with right-hand sides [n, k], float32 */
  | { readonly kind: "solve"; readonly n: number; readonly k: number }
  /** A convolution that keeps the size, or one of its two gradients */
  | {
      readonly kind: "conv";
      readonly pass: "forward" | "input gradient" | "weight gradient";
      readonly images: number;
      readonly channels: number;
      readonly outputs: number;
      readonly size: number;
      readonly kernel: number;
    }
  /** One pass over vectors; softmax and biasRelu over rows of 128 */
  | { readonly kind: "elementwise"; readonly op: ElementwiseOp; readonly length: number }
  /** As many multiply-adds as one core can do, in 128-bit vectors */
  | { readonly kind: "peak" }
  /** The same of a GPU */
  | { readonly kind: "gpu peak" }
  /** A training step; `due` makes it one of those that refresh the curvature */
  | {
      readonly kind: "step";
      readonly net: Net;
      readonly method: Method;
      readonly batch: number;
      readonly due?: boolean;
    };

/** How much work one repetition is, in the unit whose rate is shown. */
export interface Work {
  readonly amount: number;
  readonly unit: "GFLOP/s" | "GB/s" | "ms";
}

/** Multiply-adds of the peak job. */
export const peakLoop = { turns: 20_000, accumulators: 12, lanes: 4 } as const;

/** Multiply-adds of the GPU's peak job: workgroups × threads × turns × accumulators × 4 lanes. */
export const gpuPeakLoop = { workgroups: 2048, threads: 256, turns: 256, accumulators: 8, lanes: 4 } as const;

/** Elements of one row of softmax and biasRelu. */
export const rowLength = 128;

/** Bytes that must be read and written for each element, each array once. */
const bytesPerElement: Readonly<Record<ElementwiseOp, number>> = {
  copy: 8,
  add: 12,
  relu: 8,
  exp: 8,
  softmax: 8,
  biasRelu: 8,
  sgdUpdate: 20, // read w, v, g; write w, v
  adamUpdate: 28, // read w, m, v, g; write w, m, v
};

/** Flops are counted as the algorithm needs them: half of a product for a symmetric one, 2n³ for an inverse. */
export function workOf(job: Job): Work {
  const flops = (amount: number): Work => ({ amount, unit: "GFLOP/s" });
  switch (job.kind) {
    case "gemm":
      return flops(2 * job.m * job.n * job.k);
    case "syrk":
      return flops(job.n ** 2 * job.k);
    case "cholesky":
      return flops(job.n ** 3 / 3);
    case "inverse":
      return flops(2 * job.n ** 3);
    case "solve":
      return flops(job.n ** 2 * job.k);
    case "conv":
      return flops(2 * job.images * job.outputs * job.channels * job.kernel ** 2 * job.size ** 2);
    case "peak":
      return flops(2 * peakLoop.turns * peakLoop.accumulators * peakLoop.lanes);
    case "gpu peak":
      return flops(2 * Object.values<number>(gpuPeakLoop).reduce((a, b) => a * b));
    case "elementwise":
      return { amount: job.length * bytesPerElement[job.op], unit: "GB/s" };
    case "step":
      return { amount: 1, unit: "ms" };
  }
}

/** The rate in the work's unit; for a step its milliseconds. */
export function shownRate({ amount, unit }: Work, ms: number): number {
  return unit === "ms" ? ms : amount / ms / 1e6;
}
