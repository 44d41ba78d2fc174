/** `npm run conformance -- DIR [--backend NAME] [--dtype float32|float64] [--threads N] [--json]` */

import { conformance } from "./command.ts";

process.exitCode = await conformance(process.argv.slice(2), {
  out: (line) => console.log(line),
  error: (line) => console.error(line),
});
