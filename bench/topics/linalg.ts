import { type Case, compareAll } from "../compare.ts";
import type { Job } from "../job.ts";
import type { Topic } from "./topic.ts";

export const linalg: Topic = {
  name: "linalg",
  about: "what curvature needs: symmetric products, Cholesky, triangular solves, float64 inverses",
  rows: (run) => compareAll("linalg", run.quick ? small : [...small, ...large], run),
};

const product = (m: number, n: number, k: number): Job => ({ kind: "gemm", m, n, k });
const versusGemm = (job: Job) => ({ contender: "own", job, label: "own gemm" });

/** Against a product that computes both triangles, by time. */
function syrk(n: number, k: number): Case {
  const job = { kind: "syrk", n, k } as const;
  return {
    name: `syrk ${n}×${k}`,
    own: { contender: "own", job },
    rivals: [versusGemm(product(n, n, k)), { contender: "openblas", job }],
    by: "time",
  };
}

function syrk64(n: number, k: number): Case {
  const job = { kind: "syrk", n, k, float64: true } as const;
  return {
    name: `syrk ${n}×${k}, float64`,
    own: { contender: "own", job },
    rivals: [versusGemm(product(n, n, k)), { contender: "openblas", job }],
  };
}

function cholesky(n: number): Case {
  const job = { kind: "cholesky", n } as const;
  return {
    name: `cholesky ${n}`,
    own: { contender: "own", job },
    rivals: ["openblas", "pytorch"].map((contender) => ({ contender, job })),
  };
}

function solve(n: number, k: number): Case {
  const job = { kind: "solve", n, k } as const;
  return {
    name: `solve ${n}×${n}, ${k} right-hand sides`,
    own: { contender: "own", job },
    rivals: [versusGemm(product(n, k, n)), { contender: "openblas", job }],
  };
}

function inverse(n: number): Case {
  const job = { kind: "inverse", n } as const;
  return {
    name: `inverse ${n}, float64`,
    own: { contender: "own", job },
    rivals: [versusGemm(product(n, n, n)), ...["openblas", "pytorch"].map((contender) => ({ contender, job }))],
  };
}

const small: readonly Case[] = [
  ...[syrk(256, 128), syrk(128, 6272)],
  ...[64, 128, 256].map(cholesky),
  ...[solve(128, 784), solve(256, 256)],
  ...[syrk64(128, 784), inverse(32), inverse(128)],
];

const large: readonly Case[] = [
  ...[syrk(577, 6272), syrk(1152, 2048)],
  ...[576, 1024].map(cholesky),
  ...[solve(576, 576), solve(1024, 1024)],
  inverse(576),
];
