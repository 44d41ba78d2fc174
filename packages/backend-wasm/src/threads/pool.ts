/**
 * The calling thread's side of the board: starts workers, writes jobs and sees to their end.
 *
 * A worker that ends unasked, throws, or does not come back out of a job makes this and every later job a BackendError: what
 * it left undone is not known.
 */

import { BackendError } from "@kronograd/tensor";
import {
  type Board,
  boardBytes,
  boardOf,
  type Callee,
  functionNumber,
  open,
  ownMemory,
  pause,
  takePieces,
  word,
} from "./board.ts";
import type { WorkerTask } from "./serve.ts";
import { type NodeWorker, workerThreads } from "./worker-threads.ts";

/** Milliseconds that workers may take to start, and that one may stay in a job after the caller has done its part. */
export interface Patience {
  readonly start: number;
  readonly join: number;
}

const patience: Patience = { start: 10_000, join: 20_000 };

export type Call = (callee: Callee, ...operands: number[]) => void;

/** Does one piece of a job by calls. */
export type Piece = (index: number, call: Call) => void;

export class Pool {
  /** The caller and its workers. */
  readonly threads: number;
  readonly board: Board;
  readonly workers: readonly Pick<NodeWorker, "terminate">[];
  readonly #callees: Callee[][] = [];
  readonly #numbers = new Map<Callee, number>();
  readonly #joinMost: number;
  #codeEnd = 0;
  #lost: string | null = null;
  #closed = false;

  constructor(board: Board, workers: readonly Pick<NodeWorker, "terminate">[], { join }: Patience) {
    this.board = board;
    this.threads = workers.length + 1;
    this.workers = workers;
    this.#joinMost = join;
  }

  /** Make a module's functions known to the workers; where the board is full, they stay the caller's own. */
  publish(bytes: Uint8Array, callees: Callee[]): void {
    const { code, modules } = this.board;
    const module = this.#callees.length;
    if (this.#codeEnd + bytes.length > code.length || 2 * module >= modules.length || callees.length > 256) return;
    code.set(bytes, this.#codeEnd);
    modules.set([this.#codeEnd, bytes.length], 2 * module);
    this.#codeEnd += bytes.length;
    this.#callees.push(callees);
    callees.forEach((callee, place) => {
      this.#numbers.set(callee, functionNumber(module, place));
    });
  }

  /** Do so many pieces. `stride` is the size of each thread's own memory. @returns the sum of what the calls gave back */
  run(count: number, stride: number, piece: Piece): number {
    let sum = 0;
    for (let first = 0; first < count; ) {
      const end = this.#work(first, count, stride, piece);
      sum += this.board.control[word.sum]!;
      if (end === first) sum += alone(first, stride, piece); // it has more calls than the board has room for
      first = Math.max(first + 1, end);
    }
    return sum;
  }

  /** An address of which each thread has its own: `stride` bytes after that of the thread before. */
  own(address: number): number {
    return ownMemory + address;
  }

  /** A worker has ended, of itself or not. */
  ended(reason: string): void {
    if (!this.#closed) this.#lost ??= reason;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { control } = this.board;
    Atomics.store(control, word.stop, 1);
    Atomics.add(control, word.sequence, 1);
    Atomics.notify(control, word.sequence);
    for (const worker of this.workers) worker.terminate();
  }

  /** Write pieces from `first` on while there is room. @returns the first that was not written */
  #write(first: number, count: number, piece: Piece): number {
    const { control, starts, queue } = this.board;
    let at = 0;
    let isFull = false;
    const call = (callee: Callee, ...operands: number[]) => {
      const number = this.#numbers.get(callee);
      isFull ||= number === undefined || at + 2 + operands.length > queue.length;
      if (isFull) return;
      queue[at] = number!;
      queue[at + 1] = operands.length;
      for (let i = 0; i < operands.length; i++) queue[at + 2 + i] = operands[i]!;
      at += 2 + operands.length;
    };
    starts[0] = 0;
    const most = Math.min(count, first + starts.length - 1);
    for (let index = first; index < most; index++) {
      piece(index, call);
      if (isFull) return index;
      starts[index - first + 1] = at;
      Atomics.store(control, word.count, index - first + 1);
    }
    return most;
  }

  /** A job of the pieces from `first` on for which there is room. @returns the first piece that is left */
  #work(first: number, count: number, stride: number, piece: Piece): number {
    const { control } = this.board;
    this.#check();
    control[word.stride] = stride;
    control[word.sum] = 0;
    Atomics.store(control, word.count, 0);
    Atomics.store(control, word.complete, 0);
    Atomics.store(control, word.next, 0);
    Atomics.store(control, word.state, open);
    Atomics.add(control, word.sequence, 1);
    if (Atomics.load(control, word.sleepers) > 0) Atomics.notify(control, word.sequence);
    let end = first;
    try {
      end = this.#write(first, count, piece);
      Atomics.store(control, word.complete, 1);
      takePieces(this.board, (id) => this.#callees[id >> 8]![id & 255]!, 0);
    } finally {
      Atomics.store(control, word.complete, 1);
      Atomics.and(control, word.state, ~open);
      this.#join();
    }
    if (Atomics.load(control, word.failed) > 0) this.#lost ??= "a worker's kernel threw";
    this.#check();
    return end;
  }

  /** Wait for the workers that are still in the job. */
  #join(): void {
    const { control } = this.board;
    let until = 0;
    for (let turn = 1; Atomics.load(control, word.state) !== 0; turn++) {
      pause();
      if (turn % 4096 !== 0) continue;
      const now = performance.now();
      if (until === 0) until = now + this.#joinMost;
      else if (now > until) {
        this.#lost = `a worker did not finish its part in ${this.#joinMost / 1000} s`;
        this.#check();
      }
    }
  }

  #check(): void {
    if (this.#lost === null) return;
    throw new BackendError({
      where: "wasm",
      problem: `a worker was lost: ${this.#lost}`,
      help: "Its part of the last results may be missing: open a new device and go on from a checkpoint.",
    });
  }
}

/** Do a piece at once, with the memory of thread 0. */
function alone(index: number, stride: number, piece: Piece): number {
  let sum = 0;
  const here = (value: number) => (stride > 0 && value >= ownMemory ? value - ownMemory : value);
  piece(index, (callee, ...operands) => {
    sum += callee(...operands.map(here)) ?? 0;
  });
  return sum;
}

/** Start workers for so many threads in all, or say why not. */
export async function startPool(
  threads: number,
  memory: WebAssembly.Memory,
  { start, join }: Patience = patience,
): Promise<Pool | string> {
  const buffer = new SharedArrayBuffer(boardBytes);
  const board = boardOf(buffer);
  let reason: string | null = null;
  const pools: Pool[] = [];
  const ended = (why: string) => {
    reason ??= why;
    for (const pool of pools) pool.ended(why);
  };
  const workers: Pick<NodeWorker, "terminate">[] = [];
  try {
    for (let thread = 1; thread < threads; thread++)
      workers.push(startWorker({ memory, board: buffer, thread }, ended));
  } catch (error) {
    reason = String(error);
  }
  const pool = new Pool(board, workers, { start, join });
  const until = performance.now() + start;
  while (reason === null && Atomics.load(board.control, word.ready) < threads - 1) {
    if (performance.now() > until) reason = `workers did not start in ${start / 1000} s`;
    await new Promise((turn) => setTimeout(turn, 1));
  }
  if (reason !== null) {
    pool.close();
    return reason;
  }
  pools.push(pool);
  return pool;
}

function startWorker(task: WorkerTask, ended: (reason: string) => void): Pick<NodeWorker, "terminate"> {
  const node = workerThreads();
  if (node === null) {
    // in this form bundlers find the worker's program and bring it along
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "kronograd" });
    worker.onerror = (event) => ended(event.message || "its program, worker.js beside this one, did not load");
    worker.postMessage(task);
    return worker;
  }
  const program = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  const worker = new node.Worker(new URL(program, import.meta.url), { workerData: task, execArgv: [] });
  worker.on("error", (error) => ended(error instanceof Error ? error.message : String(error)));
  worker.on("exit", (code) => ended(`it ended with code ${code}`));
  worker.unref(); // a program may end while its workers sleep
  return worker;
}
