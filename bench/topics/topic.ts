/** What a topic is. */

import type { Device } from "@kronograd/tensor";
import type { Bench } from "../compare.ts";
import type { Row } from "../row.ts";

/** A run of the benchmark as topics see it. */
export interface Run extends Bench {
  readonly backend: string;
  /** A device of ours with nothing on it. */
  openDevice(): Promise<Device>;
}

export interface Topic {
  readonly name: string;
  readonly about: string;
  rows(run: Run): AsyncIterable<Row>;
}
