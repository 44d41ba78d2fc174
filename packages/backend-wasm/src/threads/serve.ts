/**
 * What a worker does: compile what the board holds, wait for jobs, take part in them.
 *
 * After a job it looks for the next one in a loop for 10 ms, then it sleeps and uses no processor until the next job. What is
 * dear is not the waking (20 to 80 µs) but its place: Linux often wakes it on the caller's own processor, beside an idle one,
 * and the two share that until the scheduler, which looks every few milliseconds, finds both of them runnable.
 */

import { type Board, boardOf, type Callee, open, pause, takePieces, word } from "./board.ts";

/** Longer than the scheduler takes to part two threads, and than most pauses within a training step. */
const hotMilliseconds = 10;

/** What a worker is given when it starts. */
export interface WorkerTask {
  readonly memory: WebAssembly.Memory;
  readonly board: SharedArrayBuffer;
  /** 1, 2, …: the caller is 0. */
  readonly thread: number;
}

/** Work until the board says stop. */
export function serve({ memory, board: buffer, thread }: WorkerTask): void {
  const board = boardOf(buffer);
  const { control } = board;
  const calleeOf = callees(board, memory);
  let seen = 0;
  Atomics.add(control, word.ready, 1);
  for (;;) {
    seen = nextJob(control, seen);
    if (Atomics.load(control, word.stop) === 1) return;
    if (!enter(control)) continue;
    try {
      takePieces(board, calleeOf, thread);
    } catch {
      Atomics.add(control, word.failed, 1);
    } finally {
      Atomics.sub(control, word.state, 1);
    }
  }
}

/** The number of a job later than this one: looked for, then slept for. */
function nextJob(control: Int32Array, seen: number): number {
  let until = performance.now() + hotMilliseconds;
  for (let turn = 1; ; turn++) {
    const sequence = Atomics.load(control, word.sequence);
    if (sequence !== seen) return sequence;
    pause();
    if (turn % 64 === 0 && performance.now() > until) {
      Atomics.add(control, word.sleepers, 1);
      Atomics.wait(control, word.sequence, seen);
      Atomics.sub(control, word.sleepers, 1);
      until = performance.now() + hotMilliseconds;
    }
  }
}

/** Count this worker in, unless the job was closed meanwhile. */
function enter(control: Int32Array): boolean {
  for (;;) {
    const state = Atomics.load(control, word.state);
    if ((state & open) === 0) return false;
    if (Atomics.compareExchange(control, word.state, state, state + 1) === state) return true;
  }
}

/** Functions by number, of modules that are compiled when a job first needs them. */
function callees({ modules, code }: Board, memory: WebAssembly.Memory): (id: number) => Callee {
  const linked: Callee[][] = [];
  const link = (module: number): Callee[] => {
    const [start, length] = modules.subarray(2 * module) as unknown as [number, number];
    const compiled = new WebAssembly.Module(code.slice(start, start + length));
    return Object.values(new WebAssembly.Instance(compiled, { env: { memory } }).exports) as Callee[];
  };
  return (id) => {
    const module = id >> 8;
    linked[module] ??= link(module);
    return linked[module][id & 255]!;
  };
}
