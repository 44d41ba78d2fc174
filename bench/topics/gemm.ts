import { type Case, compareAll } from "../compare.ts";
import type { Topic } from "./topic.ts";

/** m × n × k; the last four are products of convolutions and dense layers. */
const shapes = [
  [64, 64, 64],
  [128, 128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [64, 6272, 576],
  [128, 128, 1152],
  [576, 576, 6272],
  [128, 1152, 128],
] as const;

export const gemm: Topic = {
  name: "gemm",
  about: "float32 matrix products, m×n×k",
  rows: (run) => compareAll("gemm", shapes.slice(0, run.quick ? 3 : shapes.length).flatMap(casesOf), run),
};

function casesOf([m, n, k]: readonly [number, number, number]): Case[] {
  const job = { kind: "gemm", m, n, k } as const;
  const natives = ["openblas", "openblas avx2"];
  const others = ["tfjs-wasm", ...(2 * m * n * k > 3e8 ? [] : ["tfjs-cpu"]), "jax-js", ...natives];
  const entries = (names: readonly string[]) => names.map((contender) => ({ contender, job }));
  return [
    {
      name: `${m}×${n}×${k}`,
      own: { contender: "own", job },
      rivals: [{ contender: "fma peak", job: { kind: "peak" } }, ...entries(others)],
    },
    {
      name: `${m}×${n}×${k}, revectorized`,
      own: { contender: "own, revectorized", job },
      rivals: entries(natives),
    },
  ];
}
