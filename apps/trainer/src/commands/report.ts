/** `kronograd report`: (re)build the HTML report. */

import { UsageError } from "@kronograd/tensor";
import { writeReport } from "../report/index.ts";
import type { Command } from "./command.ts";

export const report: Command = {
  name: "report",
  summary: "write the HTML report of a run or a race; several folders are laid over one another",
  usage: "<run…>",
  flags: [],
  own: [{ name: "out", short: "o", value: "<file>", help: "where it goes (default: report.html in the folder)" }],
  async run({ positionals, own }) {
    if (positionals.length === 0) {
      throw new UsageError({
        where: "kronograd report",
        problem: "no run folder was named",
        help: "For example: kronograd report runs/2026-05-14-0931-race-mnist.",
      });
    }
    const out = own.get("out")?.at(-1);
    process.stdout.write(`report: ${await writeReport(positionals, out === undefined ? {} : { out })}\n`);
    return 0;
  },
};
