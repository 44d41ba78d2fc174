/** What the command says about itself. */

import { columns } from "@kronograd/figures";
import type { Command } from "../commands/command.ts";
import { helpFlag } from "./arguments.ts";
import { groupNames } from "./flag-groups.ts";

/** `kronograd` alone: five examples. */
export const examples = `kronograd trains neural networks with SKFAC, K-FAC and their family, beside SGD and Adam.

  kronograd race                                         four optimizers on MNIST, and a report
  kronograd train --data spiral --optimizer kfac         one run on points in the plane
  kronograd race --data moons --seeds 3                  medians of three seeds
  kronograd train --model lenet --epochs 2 --report      a convolutional net on MNIST
  kronograd list optimizers                              what there is, with its options

All commands: kronograd --help. All flags: kronograd train --help.`;

/** `kronograd --help`: every command. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, usage, summary }) => [`  kronograd ${name} ${usage}`.trimEnd(), summary]);
  return [
    "Commands",
    ...columns(rows, [0, 1]),
    "",
    "kronograd <command> --help tells its flags, kronograd --version its version.",
  ].join("\n");
}

/** `kronograd <command> --help`, from its table of flags. */
export function helpFor({ name, usage, summary, flags, own, notes = [] }: Command): string {
  const lines = [
    `kronograd ${name} ${usage}`.trimEnd() + (flags.length + own.length > 0 ? " [flags]" : ""),
    `  ${summary}`,
  ];
  lines.push(...notes.map((note) => `  ${note}`));
  for (const [group, title] of Object.entries(groupNames)) {
    const rows = flags.filter((flag) => flag.group === group).map((flag) => row(flag, flag.default));
    if (rows.length > 0) lines.push("", title, ...aligned(rows));
  }
  const rest = [...own, helpFlag].filter((flag) => flag.hidden !== true).map((flag) => row(flag));
  return [...lines, "", flags.length > 0 ? "More" : "Flags", ...aligned(rest)].join("\n");
}

function row(
  { name, short, value, help }: { name: string; short?: string; value?: string; help: string },
  standard?: string,
): string[] {
  const flag = `  ${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
  return [flag, standard === undefined ? help : `${help} (default: ${standard})`];
}

const aligned = (rows: readonly string[][]): string[] => columns(rows, [0, 1]);
