/** The option that every loss has. */

import { option } from "@kronograd/optimizers";

/** How the losses of a batch become one number. */
export const reduction = option.choice({ choices: ["mean", "sum"], default: "mean", help: "over the rows of a batch" });
