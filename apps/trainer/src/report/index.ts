/**
 * The report of a run, of a race, or of several runs: one HTML file that opens from disk, needs no network, and can be
 * read without script.
 *
 * Charts are SVG, drawn here when the report is written: a chart library would need a browser's document to draw into,
 * which is more than all of this.
 */

import { writeAtomically } from "@kronograd/train/node";
import { loadReport, reportPath } from "./load.ts";
import { page } from "./page.ts";

export interface ReportOptions {
  /** Where the report goes (default: report.html in the folder, or beside the first of several). */
  readonly out?: string;
}

/**
 * Write the report of a run folder, a race folder, or several of either laid over one another.
 *
 * @returns the path of the file
 * @throws {DataError}       a folder is no run, or a file in it is damaged
 * @throws {CheckpointError} the disk is full, or the folder cannot be written
 * @example
 * await writeReport("runs/2026-05-14-race");   // "runs/2026-05-14-race/report.html"
 */
export async function writeReport(folder: string | readonly string[], options: ReportOptions = {}): Promise<string> {
  const folders = typeof folder === "string" ? [folder] : folder;
  const text = page(loadReport(folders));
  const path = options.out ?? reportPath(folders);
  writeAtomically(path, text);
  return path;
}
