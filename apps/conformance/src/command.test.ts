import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { conformance } from "./command.ts";
import { handlers } from "./handlers.ts";

const fixtures = join(import.meta.dirname, "../fixtures");

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "conformance-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]) {
  const [out, errors]: [string[], string[]] = [[], []];
  const code = await conformance(args, { out: (line) => void out.push(line), error: (line) => void errors.push(line) });
  return { code, out, errors, last: out.at(-1) };
}

/** A copy of the small fixtures with one value of one file changed; `path` leads there: "cases.0.expected.L.data.0". */
function altered(file: string, path: string, change: (value: unknown) => unknown): void {
  cpSync(fixtures, folder, { recursive: true });
  alter(file, path, change);
}

/** Change one value of a file of the copy. */
function alter(file: string, path: string, change: (value: unknown) => unknown): void {
  const content = JSON.parse(readFileSync(join(folder, `${file}.json`), "utf8"));
  const keys = path.split(".");
  const last = keys.pop() as string;
  const parent = keys.reduce((value, key) => value[key], content);
  parent[last] = change(parent[last]);
  writeFileSync(join(folder, `${file}.json`), JSON.stringify(content));
}

const slightlyMore = (value: unknown) => (value as number) * 1.001 + 1e-3;

describe("conformance", () => {
  it("passes every small case in float64 and in float32", async () => {
    for (const dtype of ["float64", "float32"]) {
      expect(await run(fixtures, "--dtype", dtype)).toMatchObject({ code: 0, last: "17 passed, 0 failed", errors: [] });
    }
  });

  it("finds a planted wrong number in every family, and says where", async () => {
    const planted = {
      linalg: "cases.0.expected.L.data.0",
      conv: "cases.0.expected.out_hw.0",
      ops: "cases.0.expected.dx.data.1",
      nets: "cases.0.expected.layer_dout.fc0.data.0",
      kfac: "cases.0.expected.per_group.0.pi",
      skfac: "cases.0.expected.per_group.0.precond.data.2",
      fisher: "cases.0.expected.layers.fc0.ggn_block.data.0",
      optim: "cases.1.expected.losses.2",
      trajectories: "cases.1.expected.losses.2",
    };
    for (const [file, path] of Object.entries(planted)) {
      altered(file, path, slightlyMore);
      const { code, out, last } = await run(folder);
      expect({ file, code, last }).toEqual({ file, code: 1, last: "16 passed, 1 failed" });
      const [head, reason] = out.slice(out.findIndex((line) => line.startsWith("FAILED")));
      expect(head).toContain(`FAILED ${file}/`);
      expect(reason).toMatch(/: at \[.*\] of \[.*\]: got \S+, want \S+;/);
    }
  });

  it("counts a case that cannot run as failed, with the reason", async () => {
    altered("ops", "cases.0.op", () => "unheard_of");
    alter("ops", "cases.1.params.labels", () => "cat");
    const { code, out, last } = await run(folder);
    expect({ code, last }).toEqual({ code: 1, last: "15 passed, 2 failed" });
    expect(out.join("\n")).toContain('no handler for op "unheard_of"');
    expect(out.join("\n")).toContain("labels is missing or of another kind");
  });

  it("counts a value that is expected but not computed as failed", async () => {
    altered("linalg", "cases.0.expected.inverse", () => 1);
    expect((await run(folder)).out.join("\n")).toContain("inverse: is expected but not computed");
  });

  it("refuses a parameter that it does not know, unless it is off", async () => {
    altered("optim", "cases.1.params.foreach", () => false);
    expect((await run(folder)).last).toBe("17 passed, 0 failed");
    alter("optim", "cases.1.params.foreach", () => true);
    expect((await run(folder)).out.join("\n")).toContain('parameter "foreach" is not supported');
  });

  it("prints one object a line with --json", async () => {
    const { code, out } = await run(fixtures, "--json");
    const rows = out.map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(rows).toHaveLength(18);
    expect(rows[0]).toMatchObject({ file: "conv", name: "im2col_2x2", op: "im2col", passed: true, reasons: [] });
    expect(rows.at(-1)).toEqual({ passed: 17, failed: 0, summary: "17 passed, 0 failed" });
  });

  it("exits with 3 where the folder or a file cannot be read", async () => {
    expect(await run(join(folder, "absent"))).toMatchObject({ code: 3, out: [] });
    const damaged = [
      "{",
      "[]",
      '{"format": 2, "cases": []}',
      '{"format": 1}',
      '{"format": 1, "cases": [{"op": "relu"}]}',
    ];
    for (const text of damaged) {
      writeFileSync(join(folder, "broken.json"), text);
      const { code, errors } = await run(folder);
      expect({ text, code }).toEqual({ text, code: 3 });
      expect(errors[0]).toMatch(/^DataError: .*broken\.json/);
    }
  });

  it("exits with 3 where a tensor's numbers do not fill its shape", async () => {
    altered("ops", "cases.0.expected.y.data", (data) => (data as number[]).slice(1));
    expect(await run(folder)).toMatchObject({ code: 3, out: [] });
  });

  it("exits with 1 and the usage where it is misused", async () => {
    for (const args of [
      [],
      [fixtures, "twice"],
      [fixtures, "--dtype", "float16"],
      [fixtures, "--unknown"],
      [folder],
      [fixtures, "--backend", "abacus"],
    ]) {
      const { code, errors } = await run(...args);
      expect({ args, code }).toEqual({ args, code: 1 });
      expect(errors.at(-1)).toMatch(/^usage: /);
    }
  });

  it("has a handler for every op of the fixtures", () => {
    const ops =
      "cholesky spd_inverse spd_solve triangular_solve eigh solve woodbury push_through cholesky_error conv2d im2col maxpool2d avgpool2d global_avgpool2d batchnorm layernorm groupnorm relu leaky_relu tanh sigmoid softplus silu gelu gelu_tanh elu exp log sqrt softmax log_softmax logsumexp matmul add mul div linear mean permute cross_entropy mse bce_with_logits embedding attention net kfac_layer ema kl_clip skfac_layer fisher_ce kfac_exact data curvature_trajectory optimizer";
    expect(Object.keys(handlers).sort()).toEqual(ops.split(" ").sort());
  });
});
