/** What is known of each rival while it runs: the state behind every renderer, moved on by events alone. */

import { type Phase, phases, type RunEvent } from "@kronograd/train";

/** One rival, now. */
export interface LiveRival {
  readonly name: string;
  step: number;
  seconds: number;
  /** Of the last batch. */
  loss: number | undefined;
  evalLoss: number | undefined;
  accuracy: number | undefined;
  learningRate: number | undefined;
  damping: number | undefined;
  /** Steps and seconds at the first evaluation that was at the target. */
  reached: { readonly step: number; readonly seconds: number } | undefined;
  skipped: number;
  /** How it ended. */
  end: "done" | "stopped" | "diverged" | undefined;
  /** Losses so far, one a step. */
  readonly losses: number[];
  readonly phases: Record<Phase, number>;
  /** Steps and seconds after its first step in this process, which is left out of rates. */
  first: { readonly step: number; readonly seconds: number } | undefined;
}

/** A race as it stands. */
export class Live {
  readonly rivals: readonly LiveRival[];
  readonly #isAtTarget: (loss: number, accuracy: number | undefined) => boolean;

  constructor(names: readonly string[], isAtTarget: (loss: number, accuracy: number | undefined) => boolean) {
    this.rivals = names.map(fresh);
    this.#isAtTarget = isAtTarget;
  }

  /** Take in an event. */
  update(event: RunEvent): void {
    const rival = this.rivals.find(({ name }) => name === event.rival);
    if (rival === undefined) return;
    switch (event.type) {
      case "step":
        rival.loss = event.loss;
        rival.learningRate = event.learningRate;
        rival.damping = event.reported.damping;
        if (event.loss !== undefined) rival.losses.push(event.loss);
        this.#advance(rival, event);
        break;
      case "skipped":
        rival.skipped = event.total;
        this.#advance(rival, event);
        break;
      case "eval":
        if (event.split !== "test") break;
        rival.evalLoss = event.loss;
        rival.accuracy = event.metrics.accuracy;
        if (this.#isAtTarget(event.loss, rival.accuracy))
          rival.reached ??= { step: event.step, seconds: event.seconds };
        break;
      case "phase":
        for (const phase of phases) rival.phases[phase] += event.ms[phase];
        break;
      case "end":
        rival.end = event.reason;
    }
  }

  #advance(rival: LiveRival, { step, seconds }: { step: number; seconds: number }): void {
    rival.first ??= { step, seconds };
    rival.end = undefined; // it had been stopped, and goes on
    rival.step = step;
    rival.seconds = seconds;
  }
}

/** Milliseconds a step, the first left out; undefined before the second. */
export function msPerStep({ first, step, seconds }: LiveRival): number | undefined {
  if (first === undefined || step <= first.step) return undefined;
  return (1000 * (seconds - first.seconds)) / (step - first.step);
}

/** Shares of the time by phase, the largest first. */
export function phaseShares({ phases: ms }: LiveRival): [Phase, number][] {
  const total = phases.reduce((sum, phase) => sum + ms[phase], 0);
  if (total === 0) return [];
  const shares = phases.map((phase): [Phase, number] => [phase, ms[phase] / total]);
  return shares.filter(([, share]) => share >= 0.005).sort(([, a], [, b]) => b - a);
}

function fresh(name: string): LiveRival {
  return {
    name,
    step: 0,
    seconds: 0,
    loss: undefined,
    evalLoss: undefined,
    accuracy: undefined,
    learningRate: undefined,
    damping: undefined,
    reached: undefined,
    skipped: 0,
    end: undefined,
    losses: [],
    phases: Object.fromEntries(phases.map((phase) => [phase, 0])) as Record<Phase, number>,
    first: undefined,
  };
}
