import { describe, expect, it } from "vitest";
import type { Turn } from "./contender.ts";
import { interleave, type Pace } from "./interleave.ts";

const pace: Pace = { warmUp: 0, turn: 10, budget: 1e6, minRounds: 3, maxRounds: 3 };

/** Takes `ms` for each repetition and writes down when it ran. */
function turn(name: string, ms: number, log: string[]): Turn {
  return {
    run(repetitions) {
      log.push(`${name}${repetitions}`);
      return ms * repetitions;
    },
  };
}

describe("interleave", () => {
  it("lets contenders take turns, A B A B", async () => {
    const log: string[] = [];
    const samples = await interleave([turn("a", 10, log), turn("b", 20, log)], pace);
    expect(log).toEqual(["a1", "b1", ...["a1", "b1"], ...["a1", "b1"], ...["a1", "b1"]]); // warm-up, then three rounds
    expect(samples).toEqual([
      [10, 10, 10],
      [20, 20, 20],
    ]);
  });

  it("repeats short jobs until a turn is long enough, and gives the time of one", async () => {
    const log: string[] = [];
    expect(await interleave([turn("a", 2, log)], pace)).toEqual([[2, 2, 2]]);
    expect(log.slice(1)).toEqual(["a5", "a5", "a5"]);
  });

  it("warms up for as long as it is told", async () => {
    const log: string[] = [];
    await interleave([turn("a", 10, log)], { ...pace, warmUp: 45 });
    expect(log).toHaveLength(5 + 3);
  });

  it("begins no round past its budget, but takes the rounds that it must", async () => {
    let clock = 0;
    const slow: Turn = {
      run() {
        clock += 100;
        return 100;
      },
    };
    const rounds = async (budget: number) =>
      (await interleave([slow], { ...pace, budget, minRounds: 2, maxRounds: 50 }, () => clock))[0]?.length;
    expect(await rounds(1000)).toBe(10);
    expect(await rounds(0)).toBe(2);
  });

  it("leaves out rounds that it must take when they take far too long, but for two", async () => {
    let clock = 0;
    const slow: Turn = { run: () => (clock += 100) };
    const samples = await interleave([slow], { ...pace, budget: 15, minRounds: 9, maxRounds: 50 }, () => clock);
    expect(samples[0]).toHaveLength(2);
  });

  it("lets threads come to rest before the next turn, which is not timed", async () => {
    const ends: number[] = [];
    const starts: number[] = [];
    const threads: Turn = { rest: 20, run: () => ends.push(performance.now()) };
    const other: Turn = { run: () => starts.push(performance.now()) };
    await interleave([threads, other], pace);
    for (const round of [1, 2, 3]) expect(starts[round]! - ends[round]!).toBeGreaterThan(18);
    expect(ends[3]! - starts[2]!).toBeLessThan(18);
  });

  it("waits for contenders in other processes", async () => {
    const remote: Turn = { run: async (repetitions) => 5 * repetitions };
    expect(await interleave([remote], pace)).toEqual([[5, 5, 5]]);
  });
});
