/** What the end-to-end tests share: the command in this process or in one of its own, in a folder that is removed. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommandLine } from "../command-line/cli.ts";

/** What a command said and how it ended. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a command line in this process. */
export async function kronograd(...argv: string[]): Promise<Finished> {
  const said = { stdout: "", stderr: "" };
  const streams = ["stdout", "stderr"] as const;
  const writers = streams.map((name) => process[name].write);
  for (const name of streams) {
    process[name].write = (text: string | Uint8Array) => {
      said[name] += String(text);
      return true;
    };
  }
  try {
    return { code: await runCommandLine(argv), ...said };
  } finally {
    streams.forEach((name, i) => {
      process[name].write = writers[i] as typeof process.stdout.write;
    });
  }
}

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

/** The command line of the command itself. */
export const commandLine = [process.execPath, "--conditions=@kronograd/source", main] as const;

/** A process of its own, for signals. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves when it has said something on stderr. */
  says(text: string): Promise<void>;
  readonly finished: Promise<Finished & { signal: string | null }>;
}

/** Start a process. */
export function start(command: readonly string[], cwd: string): Running {
  const [file, ...argv] = command as [string, ...string[]];
  const child = spawn(file, argv, { cwd, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, CI: "1" } });
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  child.stdout?.on("data", (text) => {
    stdout += String(text);
  });
  child.stderr?.on("data", (text) => {
    stderr += String(text);
    for (const look of waiting) look();
  });
  const finished = new Promise<Finished & { signal: string | null }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code: code ?? -1, signal, stdout, stderr }));
  });
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!stderr.includes(text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      finished.then((end) => reject(new Error(`ended without "${text}": ${end.stderr}`)));
    });
  return { child, says, finished };
}

/** A folder that removes itself. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "kronograd-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** The only folder in a folder. */
export function onlyFolder(path: string): string {
  const [name, ...more] = readdirSync(path);
  if (name === undefined || more.length > 0) throw new Error(`${path} holds ${[name, ...more].join(", ")}`);
  return join(path, name);
}

/** Every file below a folder with its bytes, to see that nothing has changed. */
export function snapshot(path: string): Record<string, string> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [file, readFileSync(file).toString("base64")];
    }),
  );
}
