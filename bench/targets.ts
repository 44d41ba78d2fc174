/**
 * What is to be reached, as data. For a measurement the first entry that fits its topic, rival and case counts.
 *
 * K1 … K9 and the section numbers are those of the project's performance targets; docs/notes/bench.md lists them.
 */

/** `atLeast` times as fast as the rival, or `atMost` so many times its time or bytes; against "limit", a plain number. */
export type Bound = { readonly atLeast: number } | { readonly atMost: number };

export type Target = Bound & {
  readonly topic: string;
  readonly rival: string;
  /** Only these cases; default all of the topic. */
  readonly cases?: readonly (string | RegExp)[];
  readonly source: string;
};

const cubes = (...sizes: readonly number[]) => sizes.map((n) => `${n}×${n}×${n}`);
const revectorized = (cases: readonly string[]) => cases.map((name) => `${name}, revectorized`);
const passes = (...names: readonly string[]) => names.map((name) => new RegExp(`, ${name}$`));
const nets = ["mlp", "lenet", "vgg", "resnet20"] as const;

/** A method's cost for each net, as a multiple of the same engine's SGD step. */
function costs(method: string, atMost: readonly number[], source: string): Target[] {
  return nets.map((net, i) => ({
    topic: "step",
    rival: "own sgd",
    cases: [`${net}, ${method}`],
    atMost: atMost[i] as number,
    source,
  }));
}

export const targets: readonly Target[] = [
  { topic: "gemm", rival: "fma peak", cases: [/^(?!64×64×64|.*revectorized)/], atLeast: 0.85, source: "K1" },
  { topic: "gemm", rival: "tfjs-wasm", cases: cubes(64, 128), atLeast: 3, source: "K2" },
  { topic: "gemm", rival: "tfjs-wasm", cases: [/\d$/], atLeast: 2, source: "K2" },
  { topic: "gemm", rival: "jax-js", cases: cubes(128), atLeast: 4, source: "K2" },
  { topic: "gemm", rival: "jax-js", cases: [/\d$/], atLeast: 1.5, source: "K2" },
  { topic: "gemm", rival: "tfjs-cpu", atLeast: 50, source: "K2" },
  { topic: "gemm", rival: "openblas", cases: revectorized(cubes(128, 256)), atLeast: 0.75, source: "K3" },
  { topic: "gemm", rival: "openblas", cases: revectorized(cubes(1024)), atLeast: 0.5, source: "K3" },
  { topic: "gemm", rival: "openblas avx2", cases: [/revectorized$/], atLeast: 0.95, source: "K3" },

  { topic: "threads", rival: "own, 1 thread", cases: [/^(vgg|resnet20)/], atLeast: 1.7, source: "1.2" },
  { topic: "threads", rival: "own, 1 thread", cases: cubes(256, 512, 1024), atLeast: 1.85, source: "K4" },
  { topic: "threads", rival: "own, 1 thread", cases: [/^conv/], atLeast: 1.85, source: "K4" },
  { topic: "threads", rival: "own, 1 thread", cases: cubes(128), atLeast: 1.6, source: "K4" },
  { topic: "threads", rival: "own, 1 thread", atLeast: 0.95, source: "K4" },

  { topic: "conv", rival: "tfjs-wasm", cases: passes("forward"), atLeast: 2, source: "K5" },
  { topic: "conv", rival: "tfjs-wasm", cases: passes("input gradient"), atLeast: 15, source: "K5" },
  { topic: "conv", rival: "own gemm", cases: passes("weight gradient"), atLeast: 0.85, source: "K5" },

  { topic: "linalg", rival: "own gemm", cases: [/^syrk \d+×\d+$/], atLeast: 1.8, source: "K6" },
  { topic: "linalg", rival: "openblas", cases: ["cholesky 1024"], atMost: 1.8, source: "K6" },
  { topic: "linalg", rival: "openblas", cases: [/^cholesky/], atMost: 1.4, source: "K6" },
  { topic: "linalg", rival: "own gemm", cases: [/^solve/], atLeast: 0.7, source: "K6" },
  { topic: "linalg", rival: "own gemm", cases: [/^inverse 128, float64/], atLeast: 0.4, source: "K9" },
  { topic: "linalg", rival: "own gemm", cases: [/^syrk .*float64/], atLeast: 0.5, source: "K9" },

  { topic: "elementwise", rival: "memcpy", cases: [/^(add|relu|biasRelu) \d+ M$/], atLeast: 1, source: "K7" },
  { topic: "elementwise", rival: "memcpy", cases: [/Update \d+ M$/], atLeast: 1, source: "K7" },
  { topic: "elementwise", rival: "pytorch", cases: [/^(exp|softmax)/], atLeast: 1, source: "K7" },

  ...costs("skfac", [1.2, 1.08, 1.05, 1.05], "1.2"),
  ...costs("skfac fresh", [1.4, 1.12, 1.08, 1.08], "1.2"),
  ...costs("kfac", [3.2, 3.2, 3, 3], "1.2"),
  { topic: "step", rival: "pytorch sgd", cases: [/, sgd$/], atMost: 1.4, source: "1.2" },
  { topic: "step", rival: "pytorch sgd", cases: [/revectorized$/], atMost: 1, source: "1.2" },
  { topic: "step", rival: "pytorch skfac d×d", atLeast: 1, source: "1.2" },
  { topic: "step", rival: "pytorch skfac B×B", atLeast: 1, source: "1.2" },
  { topic: "step", rival: "tfjs-cpu sgd", cases: [/^lenet/], atLeast: 30, source: "1.2" },

  { topic: "startup", rival: "limit", cases: ["import to first step of the mlp"], atMost: 100, source: "1.4" },
  { topic: "startup", rival: "limit", cases: ["emit and compile all kernels"], atMost: 20, source: "K8" },
  { topic: "size", rival: "limit", cases: ["backend-wasm", "a wasm backend for dense nets"], atMost: 15, source: "K8" },
  { topic: "size", rival: "limit", cases: ["a program that trains a conv net with SKFAC"], atMost: 30, source: "1.4" },

  { topic: "memory", rival: "limit", cases: [/: (tensors|bytes) above baseline$/], atMost: 0, source: "1.4" },
  { topic: "memory", rival: "limit", cases: [/: resident growth$/], atMost: 16, source: "1.4" },
  { topic: "memory", rival: "own sgd", cases: [/, skfac.*: peak$/], atMost: 1.3, source: "1.4" },

  // linear growth is exponent 1; a tenth is allowed for what is constant, and for noise
  { topic: "scaling", rival: "limit", cases: [/^skfac.*: growth exponent/], atMost: 1.1, source: "1.4" },
];

/** The target of a measurement, if it has one. */
export function targetOf(measured: { topic: string; case: string; rivalName: string }): Target | undefined {
  return targets.find(
    ({ topic, rival, cases }) =>
      topic === measured.topic &&
      rival === measured.rivalName &&
      (cases?.some((wanted) => (typeof wanted === "string" ? wanted === measured.case : wanted.test(measured.case))) ??
        true),
  );
}
