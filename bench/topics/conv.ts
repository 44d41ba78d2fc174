import { type Case, compareAll } from "../compare.ts";
import type { Topic } from "./topic.ts";

/** images, channels → outputs, height = width, kernel */
const shapes = [
  [64, 16, 16, 32, 3],
  [64, 32, 32, 16, 3],
  [64, 64, 64, 8, 3],
  [64, 16, 64, 16, 3],
  [64, 16, 32, 14, 5],
  [64, 64, 64, 8, 1],
] as const;
const passes = ["forward", "input gradient", "weight gradient"] as const;

export const conv: Topic = {
  name: "conv",
  about: "convolutions of images, stride 1, and their gradients",
  rows: (run) => compareAll("conv", shapes.slice(0, run.quick ? 2 : shapes.length).flatMap(casesOf), run),
};

function casesOf([images, channels, outputs, size, kernel]: (typeof shapes)[number]): Case[] {
  return passes.map((pass): Case => {
    const job = { kind: "conv", pass, images, channels, outputs, size, kernel } as const;
    const product = { kind: "gemm", m: outputs, n: channels * kernel ** 2, k: images * size ** 2 } as const;
    return {
      name: `${images}×${channels}→${outputs} ${size}² ${kernel}×${kernel}, ${pass}`,
      own: { contender: "own", job },
      rivals: [
        { contender: "own", job: product, label: "own gemm" },
        { contender: "tfjs-wasm", job },
        { contender: "pytorch", job },
      ],
    };
  });
}
