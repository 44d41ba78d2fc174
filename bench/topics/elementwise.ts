import { type Case, compareAll } from "../compare.ts";
import type { ElementwiseOp } from "../job.ts";
import type { Topic } from "./topic.ts";

const ops: readonly ElementwiseOp[] = ["add", "relu", "exp", "softmax", "biasRelu", "sgdUpdate", "adamUpdate"];
const lengths = { "16 k": 2 ** 14, "1 M": 2 ** 20, "16 M": 2 ** 24 } as const;

export const elementwise: Topic = {
  name: "elementwise",
  about: "one pass over memory; bytes are counted as if each array were touched once",
  rows(run) {
    const sizes = Object.entries(lengths).slice(0, run.quick ? 2 : 3);
    const cases = ops.flatMap((op) => sizes.map(([size, length]) => caseOf(op, size, length)));
    return compareAll("elementwise", cases, run);
  },
};

function caseOf(op: ElementwiseOp, size: string, length: number): Case {
  const job = { kind: "elementwise", op, length } as const;
  return {
    name: `${op} ${size}`,
    own: { contender: "own", job },
    rivals: [
      { contender: "memcpy", job: { ...job, op: "copy" } },
      { contender: "tfjs-wasm", job },
      { contender: "pytorch", job },
    ],
  };
}
