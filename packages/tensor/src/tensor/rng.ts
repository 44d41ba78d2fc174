/**
 * Seeded, splittable random numbers: Threefry-2x32 with 20 rounds, a counter-based generator.
 *
 * A stream is a key and a counter; number i of a stream is a pure function of (key, i), so the state is
 * three integers, a child stream is a new key, and the same seed gives the same numbers on every backend
 * (numbers are made here and uploaded).
 *
 * Source: Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3".
 */

import { UsageError } from "../errors.ts";
import { assertWhole } from "../op/checks.ts";

const parity = 0x1bd11bda;

/** The whole state of a stream, as plain numbers for a checkpoint. */
export interface RngState {
  readonly key: readonly [number, number];
  readonly counter: number;
}

/** A stream of random numbers: a key and a counter. */
export class Rng {
  readonly #k0: number;
  readonly #k1: number;
  #counter: number;
  readonly #block = new Int32Array(2);

  /**
   * @param seed  a whole number ≥ 0, or the state of the stream to go on with
   * @throws {UsageError} another number
   */
  constructor(seed: number | RngState) {
    if (typeof seed === "number") assertWhole("Rng", "a seed", seed, 0);
    const { key, counter } = typeof seed === "number" ? { key: [Math.floor(seed / 2 ** 32), seed], counter: 0 } : seed;
    this.#k0 = key[0]! | 0;
    this.#k1 = key[1]! | 0;
    this.#counter = counter;
  }

  /** The whole state, for a checkpoint. */
  state(): RngState {
    return { key: [this.#k0, this.#k1], counter: this.#counter };
  }

  /** An independent stream named by a label or number; the parent does not advance. */
  fork(label: string | number): Rng {
    let h0 = 0x811c9dc5 | 0;
    let h1 = 0x1000193 | 0;
    for (const character of String(label)) {
      const code = character.codePointAt(0) as number;
      h0 = Math.imul(h0 ^ code, 0x01000193);
      h1 = Math.imul(h1 + code, 0x85ebca6b) ^ (h1 >>> 13);
    }
    threefry(this.#k0 ^ 0x5bd1e995, this.#k1, h0, h1, this.#block);
    return new Rng({ key: [this.#block[0] as number, this.#block[1] as number], counter: 0 });
  }

  /** A uniform number in [0, 1) with 53 random bits. */
  uniform(): number {
    this.#next();
    const high = (this.#block[0] as number) >>> 5;
    const low = (this.#block[1] as number) >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** A standard normal number (Box–Muller; the second of each pair is not kept, so that the state stays a counter). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A whole number in 0 … n−1, without modulo bias. */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new UsageError({ where: "Rng.integer", problem: "n must be a whole number in 1 … 2³²", got: n });
    }
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      this.#next();
      const value = (this.#block[0] as number) >>> 0;
      if (value < limit) return value % n;
    }
  }

  #next(): void {
    threefry(this.#k0, this.#k1, this.#counter | 0, Math.floor(this.#counter / 2 ** 32) | 0, this.#block);
    this.#counter += 1;
  }
}

/** An independent stream; the parent advances by one, so successive splits differ. */
export function splitRng(rng: Rng): Rng {
  return rng.fork(`split ${rng.integer(2 ** 32)}`);
}

/** Draw −1 or 1. */
export function randomSign(rng: Rng): number {
  return 2 * rng.integer(2) - 1;
}

/** Draw an order of 0 … n−1 (Fisher–Yates). */
export function permutation(rng: Rng, n: number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = rng.integer(i + 1);
    const held = order[i] as number;
    order[i] = order[j] as number;
    order[j] = held;
  }
  return order;
}

/**
 * One block: 20 rounds over the 64-bit counter (c0, c1) under the key (k0, k1), which is added after every four. Written out, it
 * takes half the time of a loop: most of what a first step waits for is its weights.
 */
export function threefry(k0: number, k1: number, c0: number, c1: number, out: Int32Array): void {
  const k2 = k0 ^ k1 ^ parity;
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;

  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k1) | 0;
  x1 = (x1 + k2 + 1) | 0;

  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + k2) | 0;
  x1 = (x1 + k0 + 2) | 0;

  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k0) | 0;
  x1 = (x1 + k1 + 3) | 0;

  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + k1) | 0;
  x1 = (x1 + k2 + 4) | 0;

  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k2) | 0;
  x1 = (x1 + k0 + 5) | 0;

  out[0] = x0;
  out[1] = x1;
}
