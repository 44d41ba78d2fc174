/** Guards of a memory: new blocks are NaN, and words behind their data tell who writes too far. */

import { BackendError } from "@kronograd/tensor";
import type { Block, Guards, Memory } from "../src/engine/memory.ts";

const guardWord = 0x5afe5afe;

/** From the first whole word behind the data to the end of the block. */
function wordsBehind(memory: Memory, block: Block): Int32Array {
  const start = block.address + Math.ceil(memory.view(block).byteLength / 4) * 4;
  return new Int32Array(memory.wasm.buffer, start, (block.address + block.size - start) / 4);
}

export const guards: Guards = {
  mark(memory, block) {
    memory.view(block).fill(block.dtype === "int32" ? guardWord : Number.NaN);
    wordsBehind(memory, block).fill(guardWord);
  },

  check(memory, block) {
    const position = wordsBehind(memory, block).findIndex((word) => word !== guardWord);
    if (position < 0) return;
    throw new BackendError({
      where: "wasm",
      problem: `a kernel wrote behind the ${block.length} elements of a ${block.dtype} buffer`,
      got: `a changed guard word at place ${position}`,
    });
  },
};
