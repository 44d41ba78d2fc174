import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { type BatchSource, batchSource } from "./batch-source.ts";
import { batchOrder } from "./batches.ts";
import type { Column } from "./column.ts";
import type { Split } from "./dataset.ts";
import { type RowStream, shardStream } from "./stream.ts";
import { sliceRows, takeRows } from "./take-rows.ts";

const column = (values: readonly number[]): Column => ({
  values: Int32Array.from(values),
  shape: [],
  prepare: "integers",
});
const numbers = Array.from({ length: 20 }, (_, i) => i);
const all: Split = { count: 20, inputs: { a: column(numbers), b: column(numbers) }, targets: column(numbers), weights: column(numbers) }; // biome-ignore format: short
const stream = shardStream([7, 9, 4], (shard) =>
  sliceRows(all, [0, 7, 16][shard] as number, [7, 16, 20][shard] as number),
);
const rng = () => new Rng(3);

const valuesOf = async (source: BatchSource) => {
  const { split, rows } = await source.next();
  const { inputs, targets, weights } = takeRows(split, rows) as Split<Record<"a" | "b", Column>, Column>;
  const own = Array.from(targets.values);
  for (const other of [inputs.a, inputs.b, weights as Column]) expect(Array.from(other.values)).toEqual(own);
  return own;
};
const take = async (source: BatchSource, count: number) => {
  const batches: number[][] = [];
  for (let i = 0; i < count; i++) batches.push(await valuesOf(source));
  return batches;
};

describe("batchSource", () => {
  it("is the order of batches where rows are in memory", async () => {
    const [source, order] = [batchSource(all, 6, rng()), batchOrder(20, 6, rng())];
    expect(source.perEpoch).toBe(3);
    for (const batch of await take(source, 5)) expect(batch).toEqual([...order.next()]);
    expect(source.state()).toEqual(order.state());
  });

  it.each([
    ["in memory", all as Split | RowStream],
    ["in a stream", stream],
  ])("cuts rows %s into batches, other rows left out each epoch or a short batch last", async (_, train) => {
    const source = batchSource(train, 6, rng());
    const epochs = [await take(source, 3), await take(source, 3)].map((batches) => batches.flat());
    for (const rows of epochs) expect(new Set(rows).size).toBe(18);
    expect(epochs[0]).not.toEqual(epochs[1]);
    const whole = batchSource(train, 6, rng(), { dropLast: false });
    const batches = await take(whole, 8);
    expect(batches.map(({ length }) => length)).toEqual([6, 6, 6, 2, 6, 6, 6, 2]);
    expect(batches.map((_, number) => whole.sizeOf(number))).toEqual([6, 6, 6, 2, 6, 6, 6, 2]);
    expect(
      batches
        .slice(0, 4)
        .flat()
        .sort((a, b) => a - b),
    ).toEqual(numbers);
  });

  it("goes on exactly where a saved position of a stream was taken", async () => {
    const expected = await take(batchSource(stream, 6, rng()), 8);
    for (let step = 0; step < 6; step++) {
      const source = batchSource(stream, 6, rng());
      await take(source, step);
      const resumed = batchSource(stream, 6, rng());
      resumed.restore(JSON.parse(JSON.stringify(source.state())));
      expect(await take(resumed, 2)).toEqual(expected.slice(step, step + 2));
      source.restore({ epoch: 0, index: 1 }); // and back
      expect(await take(source, 1)).toEqual(expected.slice(1, 2));
    }
  });

  it("closes a stream at the end of an epoch, and when it is told", async () => {
    const closed: number[] = [];
    let opened = 0;
    const watched: RowStream = {
      count: 20,
      *open() {
        const own = opened++;
        try {
          yield all;
        } finally {
          closed.push(own);
        }
      },
    };
    const source = batchSource(watched, 10, rng());
    await take(source, 3);
    expect([opened, closed]).toEqual([2, [0]]);
    source.close();
    expect(closed).toEqual([0, 1]);
  });

  it("refuses a batch above the rows, and a stream that ends too early", async () => {
    expect(() => batchSource(stream, 21, rng())).toThrow("does not fill one batch");
    const short = batchSource({ count: 30, open: () => [all] }, 15, rng());
    await short.next();
    await expect(short.next()).rejects.toThrow("ended before all of its rows were read");
  });
});
