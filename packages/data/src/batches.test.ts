import { Rng } from "@kronograd/tensor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchOrder, sequentialBatches } from "./batches.ts";

const sorted = (rows: Iterable<number>) => [...rows].sort((a, b) => a - b);
const zeroTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("batchOrder", () => {
  it("sees every row once an epoch where batches divide the rows", () => {
    const order = batchOrder(12, 4, 0);
    for (let epoch = 0; epoch < 3; epoch++) {
      expect(sorted([order.next(), order.next(), order.next()].flatMap((rows) => [...rows]))).toEqual(zeroTo(12));
    }
  });

  it("gives full batches of distinct rows, leaving other rows out each epoch", () => {
    const order = batchOrder(10, 4, 1);
    expect(order.perEpoch).toBe(2);
    const seen = zeroTo(5).map(() => new Set([...order.next(), ...order.next()]));
    expect(seen.every((rows) => rows.size === 8)).toBe(true);
    expect(new Set(seen.map((rows) => sorted(rows).join())).size).toBeGreaterThan(1);
  });

  it("keeps the rest as a short batch with dropLast: false", () => {
    const order = batchOrder(5, 2, 0, { dropLast: false });
    expect([order.perEpoch, order.next().length, order.next().length, order.next().length]).toEqual([3, 2, 2, 1]);
    expect(order.next().length).toBe(2);
    expect(batchOrder(5, 8, 0, { dropLast: false }).next().length).toBe(5);
  });

  it("says how many rows each batch has", () => {
    for (const dropLast of [true, false]) {
      const order = batchOrder(10, 4, 0, { dropLast });
      for (let number = 0; number < 7; number++) expect(order.sizeOf(number)).toBe(order.next().length);
    }
  });

  it("keeps the order of the file with shuffle: false", () => {
    const order = batchOrder(5, 2, 0, { shuffle: false });
    expect([order.next(), order.next(), order.next()].map((rows) => [...rows])).toEqual([
      [0, 1],
      [2, 3],
      [0, 1],
    ]);
  });

  it("is a function of the seed: rivals share it, other seeds and epochs differ", () => {
    const stream = (rng: Rng | number) => {
      const order = batchOrder(50, 10, rng);
      return zeroTo(10).map(() => [...order.next()]);
    };
    expect(stream(3)).toEqual(stream(new Rng(3)));
    expect(stream(3)).not.toEqual(stream(4));
    expect(stream(3).slice(0, 5).flat()).not.toEqual(stream(3).slice(5).flat());
  });

  it("neither advances the stream it is given nor depends on how far that has come", () => {
    const rng = new Rng(5);
    const before = rng.state();
    const first = batchOrder(20, 5, rng).next();
    expect(rng.state()).toEqual(before);
    rng.uniform();
    const order = batchOrder(20, 5, rng);
    rng.uniform();
    expect(order.next()).toEqual(first);
  });

  it("goes on exactly where a saved position was taken", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(40),
        (count, batch, steps) => {
          fc.pre(batch <= count);
          const order = batchOrder(count, batch, 7);
          for (let step = 0; step < steps; step++) order.next();
          const resumed = batchOrder(count, batch, 7);
          resumed.restore(JSON.parse(JSON.stringify(order.state())));
          for (let step = 0; step < 5; step++) expect(resumed.next()).toEqual(order.next());
        },
      ),
    );
  });

  it("counts the position by epochs", () => {
    const order = batchOrder(4, 2, 0);
    expect(order.state()).toEqual({ epoch: 0, index: 0 });
    order.next();
    expect(order.state()).toEqual({ epoch: 0, index: 1 });
    order.next();
    expect(order.state()).toEqual({ epoch: 1, index: 0 });
  });

  it("goes back and forth between epochs", () => {
    const order = batchOrder(6, 2, 0);
    const batches = zeroTo(7).map(() => [order.state(), order.next()] as const);
    for (const [position, rows] of [...batches].reverse()) {
      order.restore(position);
      expect(order.next()).toEqual(rows);
    }
  });

  it("gives arrays of their own, which a caller may change or send away", () => {
    expect(batchOrder(400, 2, 0).next().buffer.byteLength).toBe(8);
  });

  it("throws UsageError for a batch above the rows, sizes that are no counts, and positions that are not there", () => {
    expect(() => batchOrder(3, 4, 0)).toThrow(expect.objectContaining({ name: "UsageError", got: 4 }));
    for (const [count, batch] of [
      [0, 1],
      [4, 0],
      [4, 1.5],
      [Number.NaN, 1],
    ] as const) {
      expect(() => batchOrder(count, batch, 0)).toThrow(expect.objectContaining({ name: "UsageError" }));
    }
    const order = batchOrder(4, 2, 0);
    for (const position of [
      { epoch: 0, index: 2 },
      { epoch: -1, index: 0 },
      { epoch: 0.5, index: 0 },
    ]) {
      expect(() => order.restore(position)).toThrow(expect.objectContaining({ name: "UsageError" }));
    }
    expect(order.state()).toEqual({ epoch: 0, index: 0 });
  });
});

describe("sequentialBatches", () => {
  it("gives every row once and in order, the last batch short", () => {
    expect([...sequentialBatches(5, 2)].map((rows) => [...rows])).toEqual([[0, 1], [2, 3], [4]]);
    expect([...sequentialBatches(2, 5)].map((rows) => [...rows])).toEqual([[0, 1]]);
  });

  it("throws UsageError for sizes that are no counts", () => {
    expect(() => [...sequentialBatches(5, 0)]).toThrow(expect.objectContaining({ name: "UsageError" }));
  });
});
