/**
 * Two threads against one. The machine must be able to do it at all, and a shared one often is not: OpenBLAS with two threads
 * against one, in the same rounds, is the control. Where that is below 1.8 our figure says little.
 */

import { type Case, compareAll } from "../compare.ts";
import type { Job } from "../job.ts";
import type { Topic } from "./topic.ts";

const cube = (n: number): Job => ({ kind: "gemm", m: n, n, k: n });
const convolution = {
  kind: "conv",
  pass: "forward",
  images: 64,
  channels: 32,
  outputs: 32,
  size: 16,
  kernel: 3,
} as const;
const step = (net: "mlp" | "vgg" | "resnet20"): Job => ({ kind: "step", net, method: "sgd", batch: 128 });

const jobs: readonly (readonly [name: string, job: Job])[] = [
  ...[32, 64, 128, 256, 512, 1024].map((n) => [`${n}×${n}×${n}`, cube(n)] as const),
  ["conv 32→32 16², forward", convolution],
  ["conv 32→32 16², input gradient", { ...convolution, pass: "input gradient" }],
  ["conv 32→32 16², weight gradient", { ...convolution, pass: "weight gradient" }],
  ["exp 16 k", { kind: "elementwise", op: "exp", length: 2 ** 14 }],
  ["add 1 M", { kind: "elementwise", op: "add", length: 2 ** 20 }],
  ["mlp, sgd step", step("mlp")],
  ["vgg, sgd step", step("vgg")],
  ["resnet20, sgd step", step("resnet20")],
];

export const threads: Topic = {
  name: "threads",
  about: "two threads against one; control: OpenBLAS, two threads against one",
  rows: (run) => compareAll("threads", jobs.slice(0, run.quick ? 9 : jobs.length).map(caseOf), run),
};

function caseOf([name, job]: readonly [string, Job]): Case {
  const native = job.kind === "gemm" ? job : cube(512);
  return {
    name,
    own: { contender: "own, 2 threads", job },
    rivals: [{ contender: "own", job, label: "own, 1 thread" }],
    control: [
      { contender: "openblas, 2 threads", job: native },
      { contender: "openblas", job: native },
    ],
  };
}
