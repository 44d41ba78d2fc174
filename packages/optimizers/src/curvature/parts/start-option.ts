/** The option of how running averages begin. */

import * as option from "../../options/option-kinds.ts";
import { averageStarts } from "./running-average.ts";

export const startOption = option.choice({ choices: averageStarts, default: "first" });

/** What it does. */
export const startHelp = "how running averages begin";
