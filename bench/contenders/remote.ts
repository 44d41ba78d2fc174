/**
 * Contenders in processes of their own: another language, or an engine with other flags.
 *
 * One line of JSON for each request and each answer: {"prepare": job} → {"id": n} or {"reason": "…"}, {"run": id,
 * "repetitions": n} → {"ms": t}, {"release": id} → {}. The other side measures; only its numbers travel, so turns of two
 * processes follow each other within a millisecond.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Contender, Turn } from "../contender.ts";

export type Request =
  | { readonly prepare: object }
  | { readonly run: number; readonly repetitions: number }
  | { readonly release: number };

export type Answer = { readonly about?: string; readonly id?: number; readonly ms?: number; readonly reason?: string };

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Start a process that takes part; its first line is {"about": "…"}, or {"reason": "…"} if it cannot. */
export async function remote(name: string, { file, args, env }: Command): Promise<Contender | string> {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "inherit"] });
  const line = new Line(name, child);
  const hello = await line.next().catch((error: Error): Answer => ({ reason: `not installed (${error.message})` }));
  if (hello.reason !== undefined) {
    line.close();
    return hello.reason;
  }
  return {
    name,
    about: hello.about ?? name,
    async prepare(job): Promise<Turn | string> {
      const { id, reason } = await line.ask({ prepare: job });
      if (id === undefined) return reason ?? "gave no reason";
      return {
        run: async (repetitions) => (await line.ask({ run: id, repetitions })).ms as number,
        release: async () => void (await line.ask({ release: id })),
      };
    },
    close: () => line.close(),
  };
}

/** Questions and answers in order. */
class Line {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<Error>;

  constructor(name: string, child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    child.stdin?.on("error", () => undefined); // it ended: the next answer says so
    this.#ended = new Promise((resolve) => {
      child.on("error", resolve);
      child.on("exit", (code, signal) => resolve(new Error(`${name} ended with ${signal ?? `code ${code}`}`)));
    });
  }

  async next(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw await this.#ended;
    return JSON.parse(value) as Answer;
  }

  ask(request: Request): Promise<Answer> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.next();
  }

  close(): void {
    this.#child.stdin?.end();
    this.#child.kill();
  }
}
