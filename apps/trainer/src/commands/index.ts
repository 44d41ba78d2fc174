/** The commands, in the order of the help. */

import type { Command } from "./command.ts";
import { inspect } from "./inspect.ts";
import { list } from "./list.ts";
import { race } from "./race.ts";
import { report } from "./report.ts";
import { resume } from "./resume.ts";
import { train } from "./train.ts";
import { tune } from "./tune.ts";

export const commands: readonly Command[] = [train, race, resume, report, inspect, list, tune];
