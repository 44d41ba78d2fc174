/**
 * The folder of a run, which describes itself:
 *
 *     run.json             configuration, seed, versions, device, data fingerprint; a valid configuration again
 *     events.jsonl         one event a line, append-only: a crash loses at most the line it was writing
 *     metrics.csv          step and eval rows, units in the header; rewritten from the events
 *     checkpoints/         step-000400.safetensors, and the text files `last` and `best` that name one of them
 *     report.html          written by the trainer
 */

import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CheckpointError, DataError } from "@kronograd/tensor";
import type { RunEvent } from "../events.ts";
import { metricsCsv } from "../metrics-csv.ts";
import { removeLeftovers, writeAtomically, writeError } from "./atomic-write.ts";

/** Which checkpoints stay. */
export interface KeepRule {
  /** The newest few; at least one. */
  readonly last: number;
  /** The best on the validation rows: 1 or 0. */
  readonly best: number;
}

/** The folder of a run on disk: its settings, events, metrics and checkpoints. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Make a new run folder.
   *
   * @throws {CheckpointError} the folder exists and is not empty, or cannot be written
   */
  static create(path: string, config: Readonly<Record<string, unknown>>): RunFolder {
    if (existsSync(path)) {
      removeLeftovers(path); // of a process that was killed before it had written run.json
      if (readdirSync(path).length > 0) {
        throw new CheckpointError({
          where: path,
          problem: "run folder exists already",
          help: "Choose another --out, or resume it.",
          details: { path },
        });
      }
    }
    writeAtomically(join(path, "run.json"), `${JSON.stringify(config, null, 2)}\n`);
    return new RunFolder(path);
  }

  /**
   * Open an existing run folder.
   *
   * @throws {CheckpointError} it is not a run folder
   */
  static open(path: string): RunFolder {
    if (!existsSync(join(path, "run.json"))) {
      throw new CheckpointError({
        where: path,
        problem: "is not a run folder: it has no run.json",
        help: "Name a folder that kronograd made.",
        details: { path },
      });
    }
    return new RunFolder(path);
  }

  /** run.json. @throws {CheckpointError} it is not JSON */
  config(): Record<string, unknown> {
    const file = join(this.path, "run.json");
    try {
      return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    } catch (cause) {
      throw new CheckpointError({
        where: file,
        problem: "is not valid JSON",
        help: "The file was damaged; start a new run.",
        cause,
      });
    }
  }

  /** Append an event. @throws {CheckpointError} the disk is full */
  append(event: RunEvent): void {
    const file = join(this.path, "events.jsonl");
    const line = `${JSON.stringify(event)}\n`;
    try {
      appendFileSync(file, line);
    } catch (cause) {
      throw writeError(file, line.length, cause);
    }
  }

  /** The events so far; a last line that a crash cut short is left out. @throws {DataError} another line is not JSON */
  events(): RunEvent[] {
    const file = join(this.path, "events.jsonl");
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").split("\n");
    const unfinished = lines.pop() as string; // empty where the last line is whole
    return lines.map((line, i) => {
      try {
        return JSON.parse(line, numberOf) as RunEvent;
      } catch (cause) {
        throw new DataError({
          where: `${file}, line ${i + 1}`,
          problem: "is not an event",
          got: line.slice(0, 60),
          help: "The file was altered; remove the line.",
          details: { file, line: i + 1, unfinished: unfinished.length },
          cause,
        });
      }
    });
  }

  /** Go back to a checkpoint: drop the events after it, which a resumed run writes again, and what a killed writer left. */
  cutAfter(step: number): void {
    removeLeftovers(this.path);
    if (existsSync(join(this.path, "checkpoints"))) removeLeftovers(join(this.path, "checkpoints"));
    const kept = this.events().filter((event) => event.type !== "end" && (!("step" in event) || event.step <= step));
    writeAtomically(join(this.path, "events.jsonl"), kept.map((event) => `${JSON.stringify(event)}\n`).join(""));
  }

  /** Rewrite metrics.csv from the events. */
  writeMetrics(): void {
    writeAtomically(join(this.path, "metrics.csv"), metricsCsv(this.events()));
  }

  /** Write a checkpoint, point `last` (and `best`) at it, and remove those that no rule keeps. */
  saveCheckpoint(
    bytes: Uint8Array,
    { step, best }: { step: number; best: boolean },
    keep: KeepRule = { last: 2, best: 1 },
  ): string {
    const folder = join(this.path, "checkpoints");
    const name = `step-${String(step).padStart(6, "0")}.safetensors`;
    writeAtomically(join(folder, name), bytes);
    writeAtomically(join(folder, "last"), `${name}\n`);
    if (best && keep.best > 0) writeAtomically(join(folder, "best"), `${name}\n`);
    const pointers = [this.#pointer("last"), keep.best > 0 ? this.#pointer("best") : null];
    const files = this.checkpoints();
    const kept = new Set([...files.slice(-Math.max(keep.last, 1)), ...pointers]);
    for (const file of files) if (!kept.has(file)) rmSync(join(folder, file), { force: true });
    return join(folder, name);
  }

  /** File names of the checkpoints, oldest first. */
  checkpoints(): string[] {
    const folder = join(this.path, "checkpoints");
    if (!existsSync(folder)) return [];
    const steps = readdirSync(folder).flatMap((name) => /^step-(\d+)\.safetensors$/.exec(name)?.[1] ?? []);
    return steps.sort((a, b) => Number(a) - Number(b)).map((step) => `step-${step}.safetensors`);
  }

  /**
   * Read a checkpoint: "last", "best", or a step number. What it holds is not looked at.
   *
   * @throws {CheckpointError} there is none
   */
  readCheckpoint(which: "last" | "best" | number = "last"): { bytes: Uint8Array; file: string; step: number } {
    const name =
      typeof which === "number" ? `step-${String(which).padStart(6, "0")}.safetensors` : this.#pointer(which);
    const file = join(this.path, "checkpoints", name ?? String(which));
    if (name === null || !existsSync(file)) {
      throw new CheckpointError({
        where: this.path,
        problem: `has no checkpoint "${which}"`,
        expected: this.checkpoints().join(", ") || "a checkpoint",
        help: "Resume from one of those, or start a new run.",
        details: { which },
      });
    }
    return { bytes: readFileSync(file), file, step: Number(/\d+/.exec(name)) };
  }

  /** A run that was killed between its first checkpoint and the pointer to it has that one, which is whole. */
  #pointer(which: "last" | "best"): string | null {
    const file = join(this.path, "checkpoints", which);
    if (existsSync(file)) return readFileSync(file, "utf8").trim();
    return which === "last" ? (this.checkpoints().at(-1) ?? null) : null;
  }
}

/** JSON has no NaN: where an event holds a number, null stands for one that was not finite. */
function numberOf(key: string, value: unknown): unknown {
  return value === null && key !== "best" ? Number.NaN : value;
}
