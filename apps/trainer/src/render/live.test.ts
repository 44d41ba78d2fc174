import { phases, type RunEvent } from "@kronograd/train";
import { describe, expect, it } from "vitest";
import { Live, msPerStep, phaseShares } from "./live.ts";

const live = () => new Live(["a", "b"], (_, accuracy) => (accuracy ?? 0) >= 0.9);
const step = (n: number, seconds: number, loss = 1): RunEvent => ({
  type: "step",
  rival: "a",
  step: n,
  examples: n,
  seconds,
  learningRate: 0.1,
  loss,
  reported: { damping: 0.5 },
});
const evaluation = (n: number, accuracy: number): RunEvent => ({
  type: "eval",
  split: "test",
  rival: "a",
  step: n,
  examples: n,
  seconds: n / 10,
  loss: 1 - accuracy,
  metrics: { accuracy },
});

describe("Live", () => {
  it("keeps the last numbers of each rival apart", () => {
    const state = live();
    for (const event of [evaluation(0, 0.5), step(1, 0.2, 3), step(2, 0.3, 2)]) state.update(event);
    expect(state.rivals[0]).toMatchObject({
      step: 2,
      seconds: 0.3,
      loss: 2,
      accuracy: 0.5,
      damping: 0.5,
      losses: [3, 2],
    });
    expect(state.rivals[1]).toMatchObject({ step: 0, losses: [] });
  });

  it("remembers the first evaluation at the target", () => {
    const state = live();
    for (const event of [evaluation(5, 0.8), evaluation(10, 0.92), evaluation(15, 0.95)]) state.update(event);
    expect(state.rivals[0]?.reached).toEqual({ step: 10, seconds: 1 });
  });

  it("takes a stopped rival for running again when it goes on", () => {
    const state = live();
    state.update({ type: "end", rival: "a", reason: "stopped", step: 1, seconds: 1, skipped: 0, text: "", best: null });
    expect(state.rivals[0]?.end).toBe("stopped");
    state.update(step(2, 2));
    expect(state.rivals[0]?.end).toBeUndefined();
  });

  it("passes over events of others", () => {
    const state = live();
    state.update({ type: "notice", level: "info", text: "hello" });
    state.update({ ...step(1, 1), rival: "c" });
    expect(state.rivals.every((rival) => rival.step === 0)).toBe(true);
  });
});

describe("msPerStep", () => {
  it("leaves the first step out", () => {
    const state = live();
    const [a] = state.rivals;
    state.update(step(1, 5));
    expect(a && msPerStep(a)).toBeUndefined();
    state.update(step(2, 5.01));
    state.update(step(3, 5.02));
    expect(a && msPerStep(a)).toBeCloseTo(10, 9);
  });
});

describe("phaseShares", () => {
  it("sorts phases by their share and leaves out those below half a percent", () => {
    const state = live();
    const ms = { ...Object.fromEntries(phases.map((phase) => [phase, 0])), forward: 30, backward: 69.8, apply: 0.2 };
    state.update({ type: "phase", rival: "a", step: 1, steps: 1, ms: ms as never });
    const [a, b] = state.rivals;
    expect(a && phaseShares(a).map(([phase]) => phase)).toEqual(["backward", "forward"]);
    expect(b && phaseShares(b)).toEqual([]);
  });
});
