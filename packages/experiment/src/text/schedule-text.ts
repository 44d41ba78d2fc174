/**
 * Schedules written as text, for the command line and for run.json. The text is the call that makes the schedule:
 *
 *     schedule = number | name "(" argument { "," argument } ")"
 *     argument = schedule | "[" number { "," number } "]"
 */

import { type Schedule, schedules } from "@kronograd/optimizers";
import { nearest, UsageError } from "@kronograd/tensor";

/** Arguments of each kind, in order; "?" may be left out. */
export const scheduleArguments: Readonly<Record<keyof typeof schedules, readonly string[]>> = {
  constant: ["value"],
  step: ["from", "factor", "every"],
  milestones: ["from", "factor", "milestones"],
  exponential: ["from", "factor", "every?"],
  linear: ["from", "to", "steps"],
  polynomial: ["from", "to", "steps", "power?"],
  cosine: ["from", "steps", "to?"],
  cosineRestarts: ["from", "first", "multiple?", "to?"],
  warmup: ["over", "schedule"],
};

/** What a text may leave out because the run knows it. */
export interface RunLength {
  /** Steps of the whole run: stands for a `steps` that is left out at the end, as in `linear(0.1, 0)`. */
  readonly steps?: number;
}

/**
 * Read a schedule from text.
 *
 * @throws {UsageError} an unknown name, a wrong number of arguments, or text that is no call
 * @example
 * parseSchedule("warmup(100, cosine(0.1, 2000))");
 * parseSchedule("linear(0.1, 0)", { steps: 2340 });
 */
export function parseSchedule(text: string, run: RunLength = {}): Schedule {
  const reader = new Reader(text, run);
  const schedule = reader.schedule();
  reader.end();
  return schedule;
}

type Argument = Schedule | readonly number[];

function make(where: string, kind: string, values: readonly Argument[], run: RunLength): Schedule {
  const names = scheduleArguments[kind as keyof typeof schedules] as readonly string[] | undefined;
  if (names === undefined || !Object.hasOwn(scheduleArguments, kind)) {
    const kinds = Object.keys(scheduleArguments);
    const guess = nearest(kind, kinds);
    throw new UsageError({
      where,
      problem: `unknown schedule "${kind}"`,
      expected: `a number, or one of ${kinds.join(", ")}`,
      ...(guess === undefined ? {} : { help: `Did you mean "${guess}"?` }),
      details: { kind, kinds },
    });
  }
  const given = values.length < names.length && names[values.length] === "steps" && run.steps !== undefined;
  const complete = given ? [...values, run.steps as number] : values;
  const required = names.filter((name) => !name.endsWith("?")).length;
  const fits = complete.length >= required && complete.length <= names.length;
  const wrong = names.find((name, i) => i < complete.length && !isOfKind(name, complete[i] as Argument));
  if (!fits || wrong !== undefined) {
    throw new UsageError({
      where,
      problem: fits ? `${kind}: ${wrong} is of the wrong kind` : `${kind} has the wrong number of arguments`,
      expected: `${kind}(${names.join(", ")})`,
      got: `${values.length} arguments`,
      details: { kind, arguments: names },
    });
  }
  return (schedules[kind as keyof typeof schedules] as (...values: readonly Argument[]) => Schedule)(...complete);
}

function isOfKind(name: string, value: Argument): boolean {
  if (name === "milestones") return Array.isArray(value);
  return typeof value === "number" || (name === "schedule" && typeof value === "function");
}

class Reader {
  readonly #text: string;
  readonly #run: RunLength;
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(text: string, run: RunLength) {
    this.#text = text;
    this.#run = run;
    this.#tokens = text.match(/[-+\w.]+|[^\s]/g) ?? [];
  }

  schedule(): Schedule {
    const token = this.#take("a number or a name");
    if (/^[-+.\d]/.test(token)) return this.#number(token);
    if (!/^[a-z]/i.test(token)) throw this.#unexpected("a number or a name", token);
    this.#expect("(");
    const values = this.#list(")", () => this.#argument());
    return make(`schedule "${this.#text}"`, token, values, this.#run);
  }

  end(): void {
    const token = this.#tokens[this.#next];
    if (token !== undefined) throw this.#unexpected("the end", token);
  }

  #argument(): Argument {
    if (this.#tokens[this.#next] !== "[") return this.schedule();
    this.#next += 1;
    return this.#list("]", () => this.#number(this.#take("a number")));
  }

  #list<T>(closing: string, item: () => T): T[] {
    const items: T[] = [];
    for (;;) {
      items.push(item());
      const token = this.#take(`"," or "${closing}"`);
      if (token === closing) return items;
      if (token !== ",") throw this.#unexpected(`"," or "${closing}"`, token);
    }
  }

  #number(token: string): number {
    const value = Number(token);
    if (Number.isFinite(value)) return value;
    throw this.#unexpected("a number", token);
  }

  #take(expected: string): string {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw this.#unexpected(expected, "the end");
    this.#next += 1;
    return token;
  }

  #expect(token: string): void {
    const found = this.#take(`"${token}"`);
    if (found !== token) throw this.#unexpected(`"${token}"`, found);
  }

  #unexpected(expected: string, got: string): UsageError {
    return new UsageError({
      where: `schedule "${this.#text}"`,
      problem: "cannot be read",
      expected,
      got,
      help: 'Write a number, or a call such as "cosine(0.1, 2000)".',
    });
  }
}
