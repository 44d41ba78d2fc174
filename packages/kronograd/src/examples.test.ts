import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";

const folder = new URL("../../../examples/", import.meta.url);

/** What an example writes: the last argument of each line. */
async function lastOf(name: string): Promise<Record<string, number>[]> {
  const lines: Record<string, number>[] = [];
  vi.spyOn(console, "log").mockImplementation((...values) => lines.push(values.at(-1)));
  await import(/* @vite-ignore */ new URL(`${name}.ts`, folder).href);
  return lines;
}

afterEach(() => vi.restoreAllMocks());

describe("examples", () => {
  it.each(["token-classifier", "two-inputs", "masked-regression"])("%s has at most 30 lines of code", (name) => {
    const lines = readFileSync(new URL(`${name}.ts`, folder), "utf8").split("\n");
    expect(lines.filter((line) => line.trim() !== "" && !line.trim().startsWith("//")).length).toBeLessThanOrEqual(30);
  });

  it("token-classifier finds hidden tokens by labels at single positions", async () => {
    const [first, ...rest] = await lastOf("token-classifier");
    expect(first?.accuracy).toBeLessThan(0.3);
    expect(rest.at(-1)?.accuracy).toBeGreaterThan(0.95);
    expect(rest.at(-1)?.perplexity).toBeLessThan(1.5);
  });

  it("two-inputs answers questions about pictures", async () => {
    const lines = await lastOf("two-inputs");
    expect(lines[0]?.accuracy).toBeLessThan(0.7);
    expect(lines.at(-1)?.accuracy).toBeGreaterThan(0.95);
  });

  it("masked-regression learns what half of the measurements say", async () => {
    const lines = await lastOf("masked-regression");
    expect(lines[0]?.r2).toBeLessThan(0.5);
    expect(lines.at(-1)?.r2).toBeGreaterThan(0.97);
  });
});
