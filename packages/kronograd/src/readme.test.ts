import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const text = (path: string) => readFileSync(`${root}/${path}`, "utf8");
const readme = text("README.md");
const blocks = [...readme.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language, code]) => ({ language, code }));

describe("README.md", () => {
  it("opens with the two commands", () => {
    expect(readme.startsWith("```sh\nnpm ci && npm run race\nnpm ci && npm test\n```\n")).toBe(true);
  });

  it("shows examples/spiral.ts, which separates the spirals", () => {
    expect(blocks.find(({ language }) => language === "ts")?.code).toBe(text("examples/spiral.ts"));
    const run = spawnSync(process.execPath, ["--conditions=@kronograd/source", "examples/spiral.ts"], { cwd: root });
    const accuracies = [...run.stdout.toString().matchAll(/accuracy (\S+)/g)].map(([, number]) => Number(number));
    expect(accuracies).toHaveLength(5);
    expect(accuracies.at(-1)).toBeGreaterThan(0.95);
  });

  it("names files that exist", () => {
    for (const page of ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "docs/README.md", "docs/methods.md"]) {
      const links = [...text(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target as string);
      const local = links.filter((target) => !/^https?:/.test(target));
      for (const target of local) {
        const url = new URL(target, new URL(page, `file://${root}`));
        expect(() => readFileSync(url), `${target} in ${page}`).not.toThrow();
      }
    }
  });
});
