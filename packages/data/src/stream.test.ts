import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import type { Column } from "./column.ts";
import type { Split } from "./dataset.ts";
import { defineStreamedDataset, shardStream } from "./stream.ts";
import { sliceRows } from "./take-rows.ts";

const column = (values: readonly number[]): Column => ({
  values: Float64Array.from(values),
  shape: [],
  prepare: "floats",
});
const numbers = Array.from({ length: 12 }, (_, i) => i);
const all: Split<Column, Column> = { count: 12, inputs: column(numbers), targets: column(numbers.map((i) => -i)) };
const counts = [5, 4, 3];
const starts = [0, 5, 9, 12];
const shards = (loaded: number[] = []) =>
  shardStream(counts, (shard) => {
    loaded.push(shard);
    return sliceRows(all, starts[shard] as number, starts[shard + 1] as number);
  });
const rowsOf = async (seed: number, skip = 0, loaded: number[] = []) => {
  const rows: number[] = [];
  for await (const { inputs, targets } of shards(loaded).open({ rng: new Rng(seed), skip })) {
    expect(Array.from(targets.values)).toEqual(Array.from(inputs.values, (value) => -value));
    rows.push(...inputs.values);
  }
  return rows;
};

describe("shardStream", () => {
  it("gives every row once, shards and their rows in an order of the seed", async () => {
    expect(shards().count).toBe(12);
    const rows = await rowsOf(1);
    expect([...rows].sort((a, b) => a - b)).toEqual(numbers);
    expect(await rowsOf(1)).toEqual(rows);
    expect(await rowsOf(2)).not.toEqual(rows);
  });

  it("begins anywhere, and loads no shard that is skipped", async () => {
    const whole = await rowsOf(1);
    for (let skip = 0; skip <= 12; skip++) expect(await rowsOf(1, skip)).toEqual(whole.slice(skip));
    const loaded: number[] = [];
    await rowsOf(1, 11, loaded);
    expect(loaded).toHaveLength(1);
  });

  it("refuses no shards, and a shard with another number of rows", async () => {
    expect(() => shardStream([], () => all)).toThrow("there are no shards");
    const wrong = shardStream([5], () => all).open({ rng: new Rng(0), skip: 0 }) as AsyncGenerator<Split>;
    await expect(wrong.next()).rejects.toThrow("holds another number of rows");
  });
});

describe("defineStreamedDataset", () => {
  it("checks the rows in memory, and has a fingerprint of its stream's identity", () => {
    const parts = {
      name: "n",
      task: "regression",
      test: { inputs: numbers, targets: numbers },
      source: "here",
    } as const;
    const data = defineStreamedDataset({ ...parts, train: shards(), identity: "a" });
    expect(data).toMatchObject({ inputShape: [], train: { count: 12 }, test: { count: 12 } });
    expect(data.fingerprint).toBe(defineStreamedDataset({ ...parts, train: shards(), identity: "a" }).fingerprint);
    expect(data.fingerprint).not.toBe(defineStreamedDataset({ ...parts, train: shards(), identity: "b" }).fingerprint);
    const wrong = { ...parts, test: { inputs: numbers, targets: [1] } };
    expect(() => defineStreamedDataset({ ...wrong, train: shards(), identity: "a" })).toThrow("number of rows");
  });
});
