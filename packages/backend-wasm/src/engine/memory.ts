/**
 * One linear memory for everything, with blocks in size classes.
 *
 * A freed block goes to the list of its class and is the first to be used again: pages that were touched are several times
 * faster than fresh ones. There are four classes to each power of two, so at most a fifth of a block is lost. Blocks start
 * at multiples of 64 bytes, and at least 64 spare bytes follow the data, so that a vector load at the very end stays inside.
 *
 * 4 GiB of addresses are reserved; memory itself is taken page by page as it is touched.
 */

import { BackendError, type Dtype, type TypedArray } from "@kronograd/tensor";
import type { MemoryType } from "./assembler.ts";

const pageBytes = 2 ** 16;
const spareBytes = 64;

/** A block in use: the backend's handle of a buffer. */
export interface Block {
  /** In bytes from the start of memory. */
  readonly address: number;
  readonly dtype: Dtype;
  readonly length: number;
  /** Bytes of its class. */
  readonly size: number;
}

/** What tests give to see writes past a block. */
export interface Guards {
  /** A new block. */
  mark(memory: Memory, block: Block): void;
  /** One that is freed. @throws {BackendError} something was written behind its data */
  check(memory: Memory, block: Block): void;
}

/** How large the memory may grow, whether threads may share it, and whether writes past a block are looked for. */
export interface MemoryOptions {
  /** Most pages of 64 KiB; default 65536, which is 4 GiB. */
  readonly maximumPages?: number;
  readonly shared?: boolean;
  readonly guards?: Guards | undefined;
}

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

/** The size of the class that n bytes fall into: n rounded up to three significant bits, at least 128. */
export function classOf(bytes: number): number {
  if (bytes <= 128) return 128;
  const grain = Math.max(64, 2 ** (Math.floor(Math.log2(bytes - 1)) - 2));
  return Math.ceil(bytes / grain) * grain;
}

export class Memory {
  readonly wasm: WebAssembly.Memory;
  readonly type: MemoryType;
  readonly #guards: Guards | undefined;
  /** Addresses of free blocks, by size. */
  readonly #free = new Map<number, number[]>();
  /** Blocks of the kernel call that is running. */
  #scratch: Block[] = [];
  /** Where untouched memory starts; address 0 is nobody's. */
  #end = spareBytes;
  #used = 0;
  #closed = false;

  constructor({ maximumPages = 65536, shared = false, guards }: MemoryOptions = {}) {
    this.type = { pages: 1, maximumPages, shared };
    this.wasm = new WebAssembly.Memory({ initial: 1, maximum: maximumPages, shared });
    this.#guards = guards;
  }

  /** Bytes of blocks in use. */
  get usedBytes(): number {
    return this.#used;
  }

  /** Take a block. @throws {BackendError} memory is at its end; nothing was changed */
  allocate(dtype: Dtype, length: number): Block {
    if (this.#closed) throw new BackendError({ where: "wasm", problem: "the device was disposed" });
    const bytes = length * arrays[dtype].BYTES_PER_ELEMENT;
    let size = classOf(bytes + spareBytes);
    let address = this.#free.get(size)?.pop() ?? this.#extend(size);
    if (address === undefined) {
      // at the end of memory a free block of a larger class does too
      size = Math.min(...[...this.#free.keys()].filter((own) => own > size && this.#free.get(own)!.length > 0));
      address = this.#free.get(size)?.pop();
    }
    if (address === undefined) throw this.#full(dtype, length, bytes);
    this.#used += size;
    const block: Block = { address, size, dtype, length };
    this.#guards?.mark(this, block);
    return block;
  }

  /** Give a block back. */
  free(block: Block): void {
    if (this.#closed) return;
    this.#guards?.check(this, block);
    this.#used -= block.size;
    const list = this.#free.get(block.size);
    if (list === undefined) this.#free.set(block.size, [block.address]);
    else list.push(block.address);
  }

  /** A block for the rest of the running kernel call. */
  scratch(dtype: Dtype, length: number): Block {
    const block = this.allocate(dtype, length);
    this.#scratch.push(block);
    return block;
  }

  /** What the backend does after every kernel call. */
  releaseScratch(): void {
    if (this.#scratch.length === 0) return;
    const blocks = this.#scratch;
    this.#scratch = [];
    for (const block of blocks) this.free(block);
  }

  /** The data of a block; valid until memory grows. */
  view({ address, dtype, length }: Pick<Block, "address" | "dtype" | "length">): TypedArray {
    return new arrays[dtype](this.wasm.buffer, address, length);
  }

  close(): void {
    this.#closed = true;
    this.#free.clear();
  }

  /** The address of so many untouched bytes; undefined at the end of memory. */
  #extend(size: number): number | undefined {
    const address = this.#end;
    const missing = address + size - this.wasm.buffer.byteLength;
    if (missing > 0) {
      const pages = Math.ceil(missing / pageBytes);
      const spare = this.type.maximumPages - this.wasm.buffer.byteLength / pageBytes;
      if (pages > spare) return undefined;
      try {
        // more than is needed now: to grow is a system call, and makes views of unshared memory invalid
        this.wasm.grow(Math.min(spare, Math.max(pages, 256)));
      } catch {
        return undefined;
      }
    }
    this.#end += size;
    return address;
  }

  #full(dtype: Dtype, length: number, bytes: number): BackendError {
    const mega = (n: number) => `${(n / 2 ** 20).toFixed(1)} MiB`;
    const limit = this.type.maximumPages * pageBytes;
    return new BackendError({
      where: "wasm",
      problem: `no room for ${length} elements of ${dtype}, ${mega(bytes)}`,
      expected: `at most ${mega(limit)} in all`,
      got: `${mega(this.#used)} in use and ${mega(this.#end - this.#used)} free in smaller pieces`,
      help: "Use a smaller batch or model, or dispose tensors earlier (scope).",
      details: { dtype, length, bytes, used: this.#used, limit },
    });
  }
}
