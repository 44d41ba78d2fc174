/** The other side of `remote` in Node: `node serve.ts NAME BACKEND` answers for one contender. */

import { createInterface } from "node:readline";
import type { Turn } from "../contender.ts";
import { openers } from "./openers.ts";
import type { Answer, Request } from "./remote.ts";

const [name = "", backend = "wasm"] = process.argv.slice(2);
const turns: Turn[] = [];
const say = (answer: Answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const contender = await openers(backend)[name]?.();
if (contender === undefined || typeof contender === "string") say({ reason: contender ?? `no contender "${name}"` });
else {
  say({ about: contender.about });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    if ("prepare" in request) {
      const turn = await contender.prepare(request.prepare as Parameters<typeof contender.prepare>[0]);
      say(typeof turn === "string" ? { reason: turn } : { id: turns.push(turn) - 1 });
    } else if ("run" in request) {
      say({ ms: await (turns[request.run] as Turn).run(request.repetitions) });
    } else {
      await (turns[request.release] as Turn).release?.();
      say({});
    }
  }
}
