/**
 * The tensor: a shape, strides and an offset over a reference-counted buffer. No mathematics here.
 *
 * A `Tensor` object is one *handle*. Disposing of it drops one reference; views, saved tensors and aliases keep theirs.
 * `id` names the value, not the handle: an alias made by `retain` has the id of its original, which is how a tape
 * recognises a tensor that it saved.
 */

import type { Device } from "../device.ts";
import { BackendError, UsageError } from "../errors.ts";
import { rowMajor } from "../layout/rows.ts";
import type { Dtype, TypedArray } from "./dtype.ts";
import { forget, track } from "./scope.ts";
import { type Layout, type Shape, sizeOf } from "./shape.ts";
import type { Storage } from "./storage.ts";
import { type Home, type Tracked, trackedIn } from "./tracked.ts";

let lastId = 0;

/** Told of every handle that comes and goes. */
export interface HandleObserver {
  made(t: Tensor): void;
  gone(t: Tensor): void;
}

let observer: HandleObserver | undefined;

/** Have handles observed, or no longer (`trace.ts`). */
export function observeHandles(next: HandleObserver | undefined): void {
  observer = next;
}

/** One handle to an array on a device. */
export class Tensor implements Layout, Tracked {
  readonly id: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
  readonly size: number;
  /** Who disposes of this handle; kept by `scope.ts`. */
  home: Home = "owner";
  readonly storage: Storage;
  #disposed = false;

  /** Wrap a storage; used by ops and creation functions. Holds one reference until disposed of. */
  constructor(storage: Storage, layout: Layout, id?: number) {
    this.id = id ?? ++lastId;
    this.storage = storage;
    this.shape = layout.shape;
    this.strides = layout.strides;
    this.offset = layout.offset;
    this.size = sizeOf(layout.shape);
    storage.hold();
    storage.device.memory.tensors += 1;
    track(this);
    observer?.made(this);
  }

  get dtype(): Dtype {
    return this.storage.dtype;
  }

  get device(): Device {
    return this.storage.device;
  }

  get rank(): number {
    return this.shape.length;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Drop this handle; the buffer is freed with its last reference. A second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forget(this);
    observer?.gone(this);
    this.storage.device.memory.tensors -= 1;
    this.storage.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The values row-major, as a copy; waits for the device. */
  async data(): Promise<TypedArray> {
    this.assertLive("data");
    const { backend } = this.device;
    if (backend.host !== undefined) return this.dataSync();
    return packed(this, await backend.read(this.storage.handle));
  }

  /**
   * The values row-major, as a copy, at once.
   *
   * @throws {BackendError} the device is asynchronous
   */
  dataSync(): TypedArray {
    this.assertLive("dataSync");
    const { backend } = this.device;
    if (backend.host !== undefined) return packed(this, backend.host(this.storage.handle));
    const values = backend.read(this.storage.handle);
    if (values instanceof Promise) {
      throw new BackendError({
        where: "dataSync",
        problem: `device "${backend.name}" is asynchronous`,
        help: "Use await t.data().",
      });
    }
    return packed(this, values);
  }

  /** The only value of a tensor with one element; waits for the device. */
  async item(): Promise<number> {
    this.#assertOne();
    return (await this.data())[0] as number;
  }

  /** The only value of a tensor with one element, at once. */
  itemSync(): number {
    this.#assertOne();
    return this.dataSync()[0] as number;
  }

  /** @throws {UsageError} the handle was disposed of */
  assertLive(where: string): void {
    if (!this.#disposed) return;
    throw new UsageError({
      where,
      problem: `tensor [${this.shape.join(", ")}] (id ${this.id}) was disposed of`,
      help: "Return it from its scope, or keep it with retain(t).",
      details: { id: this.id, shape: this.shape },
    });
  }

  #assertOne(): void {
    if (this.size === 1) return;
    throw new UsageError({
      where: "item",
      problem: "tensor must hold one element",
      got: this.shape,
      help: "Use data().",
    });
  }

  toString(): string {
    return `Tensor [${this.shape.join(", ")}] ${this.dtype} on ${this.device.kind}`;
  }
}

/**
 * A second handle to the same value (same id, no copy) that no scope disposes of: the owner does.
 * Tapes and optimizer state keep tensors this way.
 */
export function retain(t: Tensor): Tensor {
  const second = alias(t);
  forget(second);
  return second;
}

/**
 * A second handle to the same value, which the current scope disposes of. An op that would change nothing returns one, so
 * that disposing of a result never takes an argument along.
 */
export function alias(t: Tensor): Tensor {
  t.assertLive("alias");
  return new Tensor(t.storage, t, t.id);
}

/** Give a retained handle to the current scope: its owner is done with it, but its caller is not. */
export function adopt(t: Tensor): Tensor {
  track(t);
  return t;
}

/** Every tensor reachable through arrays, plain objects, maps, sets and `[heldTensors]`, in the order of discovery. */
export function tensorsIn(value: unknown): Set<Tensor> {
  return trackedIn(value) as Set<Tensor>; // a tensor is the only thing that is tracked
}

/** The same buffer and layout under a new identity: a tape that tracks `t` does not see through it, so no gradient flows. */
export function detach(t: Tensor): Tensor {
  t.assertLive("detach");
  return new Tensor(t.storage, t);
}

/** Copy a view out of its buffer, row-major. */
function packed({ shape, strides, offset, dtype }: Tensor, data: TypedArray): TypedArray {
  const values = rowMajor({ shape, strides, offset, dtype, data });
  return values.buffer === data.buffer ? values.slice() : values;
}
