import { describe, expect, it } from "vitest";
import { Stream } from "./program-order.ts";

describe("a stream", () => {
  it("runs at once what waits for nothing", () => {
    const seen: number[] = [];
    const stream = new Stream(() => {});
    stream.push(() => void seen.push(1));
    expect(seen).toEqual([1]);
  });

  it("keeps the order of the program behind a command that waits, and behind a second one", async () => {
    const seen: number[] = [];
    const stream = new Stream(() => {});
    const later = (n: number) => async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(n);
    };
    stream.push(later(1));
    stream.push(() => void seen.push(2));
    stream.push(later(3));
    stream.push(() => void seen.push(4));
    expect([stream.isHeld, seen]).toEqual([true, []]);
    await new Promise<void>((resolve) => stream.push(resolve));
    expect([stream.isHeld, seen]).toEqual([false, [1, 2, 3, 4]]);
  });

  it("tells of what a waiting command threw, and goes on", async () => {
    const faults: unknown[] = [];
    const stream = new Stream((error) => void faults.push(error));
    stream.push(() => Promise.reject("slow"));
    stream.push(() => {
      throw "waiting";
    });
    await new Promise<void>((resolve) => stream.push(resolve));
    expect(faults).toEqual(["slow", "waiting"]);
  });
});
