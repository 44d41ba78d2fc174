/** Every topic, in the order in which they run. */

import { conv } from "./conv.ts";
import { elementwise } from "./elementwise.ts";
import { gemm } from "./gemm.ts";
import { gpu } from "./gpu.ts";
import { linalg } from "./linalg.ts";
import { memory } from "./memory.ts";
import { scaling } from "./scaling.ts";
import { size } from "./size.ts";
import { startup } from "./startup.ts";
import { step } from "./step.ts";
import { threads } from "./threads.ts";
import type { Topic } from "./topic.ts";

export const topics: readonly Topic[] = [
  gemm,
  conv,
  linalg,
  elementwise,
  step,
  threads,
  memory,
  size,
  gpu,
  startup,
  scaling,
];
