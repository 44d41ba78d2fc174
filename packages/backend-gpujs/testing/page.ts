/** Runs a program of this folder in a page of Chromium, held to `script-src 'self'`. */

import { join } from "node:path";
import { bundlePage, pagesRun, runPage } from "../../../platforms/page.ts";

/** Whether pages can run here; says why not. */
export const canRun = await pagesRun();

/** What the program reports, and what the browser refused it. */
export async function inPage<T>(name: string) {
  const program = await bundlePage({ file: join(import.meta.dirname, name) }, { whole: true });
  return runPage<T>(program, { csp: "script-src 'self'", seconds: 570 });
}
