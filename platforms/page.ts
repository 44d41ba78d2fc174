/**
 * Runs a page of our own in Chromium: bundles a program, serves it from localhost with the headers that are asked for, and
 * waits for what the program says with `report(value)` or throws.
 *
 * The page runs its own script: what a test driver evaluates from outside would not be held to the page's security policy.
 */

import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** WebGL and WebGPU by SwiftShader, a program, where there is no GPU; and no talk to other machines. */
const flags =
  "--no-sandbox --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --use-angle=swiftshader --enable-unsafe-swiftshader --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader".split(
    " ",
  );

/** How a page is served. */
export interface PageOptions {
  /** Content-Security-Policy, as `script-src 'self'`; default none. */
  readonly csp?: string;
  /** Cross-origin isolation (COOP and COEP), which shared memory needs. */
  readonly isolated?: boolean;
  /** More files by URL path ("/train.bin"). */
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
  /** Seconds that the page may take; default 120. */
  readonly seconds?: number;
}

/** What a page did. */
export interface PageResult<T> {
  readonly value: T;
  /** Lines of its console. */
  readonly log: readonly string[];
  /** What the browser refused by the security policy. */
  readonly violations: readonly string[];
}

interface Page {
  on(event: "console", listener: (message: { text(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
  exposeFunction(name: string, f: (value: never) => void): Promise<void>;
  addInitScript(script: string): Promise<void>;
  goto(url: string): Promise<unknown>;
}
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

/** Why no page can run here, or null. */
export async function pagesMissing(): Promise<string | null> {
  if (!existsSync(chromium)) return `${chromium} is missing (apt-get install chromium; CHROMIUM names another)`;
  if (!existsSync(join(import.meta.dirname, "node_modules/playwright-core"))) return "run `npm run platforms` first";
  return null;
}

/** Whether tests of pages can run here. Says why not, and throws in CI. */
export async function pagesRun(): Promise<boolean> {
  const missing = await pagesMissing();
  if (missing === null) return true;
  if (process.env.CI === "true") throw new Error(`tests in pages cannot run: ${missing}`);
  console.warn(`tests in pages are left out: ${missing}`);
  return false;
}

/**
 * Bundle a program for pages, from the sources of this repository.
 *
 * @param entry    a file, or TypeScript text that imports by package name
 * @param options  `whole`: shake nothing off, so that every op is there with its random cases
 */
export async function bundlePage(
  entry: { file: string } | { text: string },
  { minify = false, whole = false, plugins = [] }: { minify?: boolean; whole?: boolean; plugins?: Plugin[] } = {},
): Promise<string> {
  const { outputFiles } = await build({
    ...("file" in entry
      ? { entryPoints: [entry.file] }
      : { stdin: { contents: entry.text, resolveDir: root, loader: "ts" } }),
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    minify,
    ignoreAnnotations: whole,
    treeShaking: !whole,
    plugins,
    conditions: ["@kronograd/source"],
    nodePaths: [join(import.meta.dirname, "node_modules"), join(root, "node_modules")],
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

/**
 * Run a bundled program (a module script) in a page of its own.
 *
 * The program calls `report(value)` once, with a value that JSON holds.
 *
 * @throws {Error} with the page's message, when the program throws or takes too long
 */
export async function runPage<T = unknown>(program: string, options: PageOptions = {}): Promise<PageResult<T>> {
  const { csp, isolated = false, files = {}, seconds = 120 } = options;
  const headers: Record<string, string> = { "cache-control": "no-store" };
  if (csp !== undefined) headers["content-security-policy"] = csp;
  if (isolated) {
    headers["cross-origin-opener-policy"] = "same-origin";
    headers["cross-origin-embedder-policy"] = "require-corp";
  }
  const served: Record<string, Uint8Array | string> = {
    "/": '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>page</title><script type="module" src="/program.js"></script>',
    "/program.js": program,
    ...files,
  };
  const server = createServer(({ url = "/" }, response) => {
    const path = url.split("?")[0] as string;
    const body = served[path];
    const type = path === "/" ? "text/html" : path.endsWith(".js") ? "text/javascript" : "application/octet-stream";
    response.writeHead(body === undefined ? 404 : 200, { ...headers, "content-type": type });
    response.end(body);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const name = "playwright-core"; // of platforms/, which type checks must not need
  const driver = (await import(name)) as {
    chromium: { launch(options: { executablePath: string; args: string[] }): Promise<Browser> };
  };
  const browser = await driver.chromium.launch({ executablePath: chromium, args: flags });
  const log: string[] = [];
  const violations: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  try {
    const page = await browser.newPage();
    page.on("console", (message) => log.push(message.text()));
    const value = await new Promise<T>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${why}\n${log.slice(-20).join("\n")}`));
      timer = setTimeout(() => fail(`the page reported nothing in ${seconds} s`), seconds * 1000);
      page.on("pageerror", (error) => fail(`the page threw: ${error.stack ?? error.message}`));
      const start = async () => {
        await page.exposeFunction("report", resolve as (value: never) => void);
        await page.exposeFunction("violation", ((text: string) => violations.push(text)) as (value: never) => void);
        await page.addInitScript(
          "addEventListener('securitypolicyviolation', (e) => violation(e.violatedDirective + ': ' + e.blockedURI))",
        );
        await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      };
      start().catch(reject);
    });
    return { value, log, violations };
  } finally {
    clearTimeout(timer);
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}
