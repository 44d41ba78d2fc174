/** One case: this project and its rivals, in turns. */

import { median, quantile } from "@kronograd/figures";
import type { Contenders, Turn } from "./contender.ts";
import { interleave, type Pace } from "./interleave.ts";
import { type Job, shownRate, workOf } from "./job.ts";
import { judge, type Row } from "./row.ts";
import { paired } from "./statistics.ts";

/** A contender with its job. */
export interface Entry {
  readonly contender: string;
  readonly job: Job;
  /** What the row calls it, if not by the contender's name. */
  readonly label?: string;
}

export interface Case {
  readonly name: string;
  readonly own: Entry;
  readonly rivals: readonly Entry[];
  /** "rate" (default) divides each by its own work; "time" compares what took how long. */
  readonly by?: "rate" | "time";
  /** Two entries whose ratio of rates says what the machine can do at all. */
  readonly control?: readonly [Entry, Entry];
}

/** What a topic needs to measure. */
export interface Bench {
  readonly contenders: Contenders;
  readonly pace: Pace;
  readonly quick: boolean;
  /** Whether a case was asked for. */
  wants(name: string): boolean;
}

/**
 * Measure a case: one row for each rival, with a note where a rival cannot take part.
 *
 * @throws {Error} this project itself cannot, unless its contender gives a reason; or anything fails underway
 */
export async function compare(topic: string, each: Case, { contenders, pace }: Bench): Promise<Row[]> {
  const { own, rivals, control = [] } = each;
  const entries = [own, ...rivals, ...control];
  const prepared: (Turn | string)[] = [];
  for (const { contender, job } of entries) prepared.push(await contenders.prepare(contender, job));
  const ready = entries.flatMap((entry, i) => (typeof prepared[i] === "string" ? [] : [{ entry, i }]));
  const turns = ready.map(({ i }) => prepared[i] as Turn);
  const isWorth = typeof prepared[0] !== "string";
  const measured = isWorth ? await interleave(turns, pace) : [];
  for (const turn of turns) await turn.release?.();
  const samplesOf = (entry: Entry) => measured[ready.findIndex((one) => one.entry === entry)];
  const reasonOf = (entry: Entry) => prepared[entries.indexOf(entry)];

  const ours = samplesOf(own);
  const work = workOf(own.job);
  const controlled = ratioOf(control[0], control[1], samplesOf, "rate");
  return rivals.map((rival) => {
    const named = { topic, case: each.name, rivalName: rival.label ?? rival.contender, unit: work.unit };
    const theirs = samplesOf(rival);
    if (ours === undefined) return judge({ ...named, note: String(reasonOf(own)) });
    const own_ = { ours: shownRate(work, median(ours)) };
    if (theirs === undefined) return judge({ ...named, ...own_, note: String(reasonOf(rival)) });
    const ratios = ratioOf(own, rival, samplesOf, each.by ?? "rate") as number[];
    return judge({
      ...named,
      ...own_,
      rival: shownRate(workOf(rival.job), median(theirs)),
      ratio: median(ratios),
      p90: quantile(ratios, 0.9),
      ...(controlled === undefined ? {} : { control: median(controlled) }),
    });
  });
}

/** How many times as fast a is as b, for each round. */
function ratioOf(
  a: Entry | undefined,
  b: Entry | undefined,
  samplesOf: (entry: Entry) => number[] | undefined,
  by: "rate" | "time",
): number[] | undefined {
  if (a === undefined || b === undefined) return undefined;
  const [mine, theirs] = [samplesOf(a), samplesOf(b)];
  if (mine === undefined || theirs === undefined) return undefined;
  const scale = by === "rate" ? workOf(a.job).amount / workOf(b.job).amount : 1;
  return paired(mine, theirs, (own, other) => (scale * other) / own);
}

/** All rows of the cases that were asked for, one case after the other. */
export async function* compareAll(topic: string, cases: readonly Case[], bench: Bench): AsyncGenerator<Row> {
  for (const each of cases) if (bench.wants(each.name)) yield* await compare(topic, each, bench);
}
