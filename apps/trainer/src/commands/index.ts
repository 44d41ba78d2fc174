/** The commands, in the order of the help. */

import type { Command } from "./command.ts";
import { list } from "./list.ts";
import { race } from "./race.ts";
import { report } from "./report.ts";
import { resume } from "./resume.ts";
import { train } from "./train.ts";

export const commands: readonly Command[] = [train, race, resume, report, list];
