import { expect, test } from "vitest";
import { timedUntil } from "./contender.ts";

test("work that is only enqueued is timed until it has run", async () => {
  const done: string[] = [];
  const settle = () =>
    new Promise<void>((resolve) =>
      setTimeout(() => {
        done.push("settled");
        resolve();
      }, 20),
    );
  const ms = await timedUntil(settle, () => void done.push("once")).run(3);
  expect(done).toEqual(["once", "once", "once", "settled"]);
  expect(ms).toBeGreaterThanOrEqual(19);
});
