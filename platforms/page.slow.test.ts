import { describe, expect, it } from "vitest";
import { bundlePage, pagesRun, runPage } from "./page.ts";

const evaluates = "try { new Function('return 1')(); report('ran'); } catch (error) { report(error.name); }";

describe.skipIf(!(await pagesRun()))("runPage", () => {
  it("gives what the page's own script reports", async () => {
    const program = await bundlePage({ text: "report([1, navigator.gpu !== undefined])" });
    expect((await runPage(program)).value).toEqual([1, true]);
  });

  it("holds the script to the security policy", async () => {
    const { value, violations } = await runPage(evaluates, { csp: "script-src 'self'" });
    expect(value).toBe("EvalError");
    expect(violations).toEqual(["script-src: eval"]);
    expect((await runPage(evaluates)).value).toBe("ran");
  });

  it("isolates the page where asked", async () => {
    const program = "report(crossOriginIsolated)";
    expect((await runPage(program, { isolated: true })).value).toBe(true);
    expect((await runPage(program)).value).toBe(false);
  });

  it("rejects with the page's error", async () => {
    await expect(runPage("throw new Error('inside')")).rejects.toThrow("inside");
  });
});
