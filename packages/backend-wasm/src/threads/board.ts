/**
 * The board: a small shared memory beside the tensors', on which the calling thread writes a job and all threads work on it.
 *
 * A job is a list of pieces, a piece a list of calls of kernel functions with numbers. Threads take pieces by an atomic
 * ticket, and no piece reads what another one writes, so it does not matter who does which. Workers begin with the first piece
 * while the caller writes the others. The word `state` decides who may read the job: its top bit says that the job is open,
 * the rest counts the workers in it. A worker enters by adding one while it is open; the caller closes it when no ticket is
 * left, waits for a count of 0, and only then writes the next. So nobody ever waits for a worker that sleeps: what it does not
 * take, the caller does.
 *
 * Words that different threads write are a cache line apart.
 */

/** Places of the words of control. */
export const word = {
  /** Counts jobs; workers wait for it to change. */
  sequence: 0,
  state: 16,
  /** The next ticket. */
  next: 32,
  /** Pieces that are written so far, and whether these are all. */
  count: 48,
  complete: 49,
  /** Bytes from one thread's own memory to the next one's. */
  stride: 51,
  /** 1 when workers shall end. */
  stop: 50,
  /** Workers that sleep. */
  sleepers: 64,
  /** Workers that have started. */
  ready: 80,
  /** Workers whose piece threw. */
  failed: 96,
  /** Sum of what the calls gave back. */
  sum: 112,
} as const;

export const open = 0x40000000;

/** Addresses from here on are in the memory of whichever thread makes the call: thread t adds t strides. */
export const ownMemory = 2 ** 40;

const modulesMost = 1024;
const piecesMost = 8192;
const queueMost = 2 ** 17;
const codeMost = 2 ** 21;
const controlBytes = 1024;
const bytesOf = [controlBytes, modulesMost * 8, (piecesMost + 2) * 4, queueMost * 8, codeMost] as const;

export const boardBytes = bytesOf.reduce((sum, bytes) => sum + bytes);

/** The parts of the board. */
export interface Board {
  readonly control: Int32Array;
  /** Start and length of each module in `code`. */
  readonly modules: Int32Array;
  /** Where the calls of each piece start in the queue; one more at the end. */
  readonly starts: Int32Array;
  /** Of each call: its function, how many operands, the operands. */
  readonly queue: Float64Array;
  readonly code: Uint8Array;
}

export function boardOf(buffer: SharedArrayBuffer): Board {
  const at = (part: number) => bytesOf.slice(0, part).reduce((sum: number, bytes) => sum + bytes, 0);
  return {
    control: new Int32Array(buffer, 0, controlBytes / 4),
    modules: new Int32Array(buffer, at(1), 2 * modulesMost),
    starts: new Int32Array(buffer, at(2), piecesMost + 1),
    queue: new Float64Array(buffer, at(3), queueMost),
    code: new Uint8Array(buffer, at(4), codeMost),
  };
}

/** A function that kernels call: integers, addresses, uniform values. */
export type Callee = (...operands: number[]) => number | undefined;

/** A function's number: that of its module and its place among the exports. */
export const functionNumber = (module: number, place: number): number => module * 256 + place;

/** Whether there is such a piece: waits until it is written, or until all are. */
function isWritten(control: Int32Array, piece: number): boolean {
  while (Atomics.load(control, word.count) <= piece) {
    if (Atomics.load(control, word.complete) === 1) return Atomics.load(control, word.count) > piece;
    pause();
  }
  return true;
}

/** Take pieces of the open job and do them until no ticket is left. `thread` is 0 for the caller. */
export function takePieces({ control, starts, queue }: Board, calleeOf: (id: number) => Callee, thread: number): void {
  const own = thread * control[word.stride]! - ownMemory;
  const hasOwn = control[word.stride] !== 0;
  const operands: number[] = [];
  let sum = 0;
  for (
    let piece = Atomics.add(control, word.next, 1);
    isWritten(control, piece);
    piece = Atomics.add(control, word.next, 1)
  ) {
    const end = starts[piece + 1]!;
    for (let at = starts[piece]!; at < end; ) {
      const callee = calleeOf(queue[at]!);
      const length = queue[at + 1]!;
      at += 2;
      operands.length = length;
      for (let i = 0; i < length; i++) {
        const value = queue[at + i]!;
        operands[i] = hasOwn && value >= ownMemory ? value + own : value;
      }
      at += length;
      sum += callee(...operands) ?? 0;
    }
  }
  if (sum !== 0) Atomics.add(control, word.sum, sum);
}

/** Tell the processor that this is a loop that waits, where the engine can. */
export const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => undefined);
