/**
 * The benchmark: ours against each rival that is here, topic by topic. It reports; a target that is missed is no failure.
 *
 * Exit codes: 0 done, 1 a topic failed or the command line is wrong.
 */

import { cpus } from "node:os";
import { createDevice, KronogradError } from "@kronograd/tensor";
import { parseArguments } from "./arguments.ts";
import { Contenders } from "./contender.ts";
import { openers } from "./contenders/openers.ts";
import { paces } from "./interleave.ts";
import { type Row, toJson } from "./row.ts";
import { summary, table } from "./table.ts";
import { topics } from "./topics/index.ts";
import type { Run, Topic } from "./topics/topic.ts";

async function main(argv: readonly string[]): Promise<number> {
  const given = parseArguments(
    argv,
    topics.map(({ name }) => name),
  );
  const contenders = new Contenders(openers(given.backend));
  const run: Run = {
    contenders,
    pace: given.quick ? paces.quick : paces.full,
    quick: given.quick,
    backend: given.backend,
    wants: (name) => name.includes(given.only),
    openDevice: () => createDevice(given.backend),
  };
  if (!given.json) introduce(given.quick);
  let failed = 0;
  const all: Row[] = [];
  for (const topic of topics.filter(({ name }) => given.topics.includes(name))) {
    const rows: Row[] = [];
    try {
      await collect(topic, run, (row) => {
        rows.push(row);
        if (given.json) console.log(toJson(row));
      });
    } catch (error) {
      failed += 1;
      console.error(`bench: ${topic.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    }
    if (!given.json) print(topic, rows);
    all.push(...rows);
  }
  if (!given.json) console.log(["", ...(await contenders.about()), summary(all)].join("\n"));
  await contenders.close();
  return failed === 0 ? 0 : 1;
}

function introduce(quick: boolean): void {
  console.log(`Node ${process.version} on ${cpus()[0]?.model ?? "an unknown processor"} × ${cpus().length}`);
  console.log(
    "ratio ≥: how many times as fast as the rival; ratio ≤: how many times its time or bytes. Medians of rounds.",
  );
  if (quick) console.log("--quick: a few rounds each; the numbers are noise.");
}

async function collect(topic: Topic, run: Run, take: (row: Row) => void): Promise<void> {
  for await (const row of topic.rows(run)) {
    take(row);
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${topic.name}: ${row.case}`);
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
}

function print(topic: Topic, rows: readonly Row[]): void {
  console.log(`\n${topic.name}: ${topic.about}`);
  if (rows.length > 0) console.log(table(rows));
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof KronogradError ? error.message : error);
  process.exitCode = 1;
}
