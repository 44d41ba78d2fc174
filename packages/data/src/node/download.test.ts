import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../sha256.ts";
import { downloadFashionMnist, fashionMnistFiles, fashionMnistMirrors } from "./download.ts";

const content = { "a.gz": Uint8Array.of(1, 2, 3), "b.gz": Uint8Array.of(4, 5) };
const files = Object.entries(content).map(([name, bytes]) => ({ name, bytes: bytes.length, sha256: sha256(bytes) }));

let dir = "";
let server: Server;
let mirror = "";
let requests: string[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "kronograd-download-"));
  requests = [];
  answer = ({ url = "" }, response) => response.end(content[url.replace("/fashion/", "") as keyof typeof content]);
  server = createServer((request, response) => {
    requests.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fashion/`;
});
afterEach(() => {
  server.close();
  rmSync(dir, { recursive: true });
});
const refusal = (details: Record<string, unknown> = {}) =>
  expect.objectContaining({ name: "DataError", details: expect.objectContaining(details) });

describe("downloadFashionMnist", () => {
  it("fetches what is missing, and nothing a second time", async () => {
    const target = join(dir, "cache");
    const seen: string[] = [];
    expect(
      await downloadFashionMnist({ dir: target, mirrors: [mirror], files, onFetch: (url) => seen.push(url) }),
    ).toBe(target);
    expect(seen).toEqual([`${mirror}a.gz`, `${mirror}b.gz`]);
    expect([...readFileSync(join(target, "a.gz"))]).toEqual([1, 2, 3]);
    expect(readdirSync(target)).toEqual(["a.gz", "b.gz"]);
    rmSync(join(target, "b.gz"));
    await downloadFashionMnist({ dir: target, mirrors: [mirror], files });
    expect(requests).toEqual(["/fashion/a.gz", "/fashion/b.gz", "/fashion/b.gz"]);
  });

  it("keeps nothing that has another checksum", async () => {
    answer = (_, response) => response.end(Uint8Array.of(1, 2, 4));
    await expect(downloadFashionMnist({ dir, mirrors: [mirror], files })).rejects.toThrow(
      refusal({ file: `${mirror}a.gz`, expected: files[0]?.sha256 }),
    );
    expect(readdirSync(dir)).toEqual([]);
  });

  it("keeps nothing that has another size", async () => {
    answer = (_, response) => response.end(Uint8Array.of(1, 2, 3, 4));
    await expect(downloadFashionMnist({ dir, mirrors: [mirror], files })).rejects.toThrow(
      refusal({ expected: "3 bytes", got: "4 bytes" }),
    );
    expect(readdirSync(dir)).toEqual([]);
  });

  it("keeps nothing of a transfer that breaks off", async () => {
    answer = (_, response) => {
      response.writeHead(200, { "content-length": 3 });
      response.write(Uint8Array.of(1));
      setTimeout(() => response.destroy(), 10);
    };
    await expect(downloadFashionMnist({ dir, mirrors: [mirror], files })).rejects.toThrow(
      refusal({ file: `${mirror}a.gz` }),
    );
    expect(readdirSync(dir)).toEqual([]);
  });

  it("refuses a file that is there with another checksum, and leaves it as it was", async () => {
    writeFileSync(join(dir, "b.gz"), "mine");
    await expect(downloadFashionMnist({ dir, mirrors: [mirror], files })).rejects.toThrow(
      refusal({ file: join(dir, "b.gz") }),
    );
    expect(readFileSync(join(dir, "b.gz"), "utf8")).toBe("mine");
  });

  it("asks the next mirror when one refuses or is not there", async () => {
    const absent = "http://127.0.0.1:1/";
    const refusing = mirror.replace("/fashion/", "/none/");
    const serve = answer;
    answer = (request, response) => {
      if (request.url?.startsWith("/none/")) response.writeHead(404).end();
      else serve(request, response);
    };
    await downloadFashionMnist({ dir, mirrors: [absent, refusing, mirror], files });
    expect(existsSync(join(dir, "b.gz"))).toBe(true);
    rmSync(join(dir, "b.gz"));
    await expect(downloadFashionMnist({ dir, mirrors: [absent, refusing], files })).rejects.toThrow(
      refusal({ file: `${refusing}b.gz`, got: "HTTP status 404" }),
    );
    await expect(downloadFashionMnist({ dir, mirrors: [], files })).rejects.toThrow(
      expect.objectContaining({ name: "UsageError" }),
    );
  });

  it("goes through the fetch that it is given", async () => {
    const fetch = async (url: string) => new Response(content[url.split("/").at(-1) as keyof typeof content]);
    await downloadFashionMnist({ dir, fetch, files });
    expect([...readFileSync(join(dir, "b.gz"))]).toEqual([4, 5]);
    expect(requests).toEqual([]);
  });
});

describe("fashionMnistFiles and fashionMnistMirrors", () => {
  it("name four files with checksums, and folders", () => {
    expect(fashionMnistFiles.map(({ name }) => name.replace(/-idx.*/, "")).sort()).toEqual([
      "t10k-images",
      "t10k-labels",
      "train-images",
      "train-labels",
    ]);
    expect(fashionMnistFiles.every((file) => /^[0-9a-f]{64}$/.test(file.sha256))).toBe(true);
    expect(fashionMnistMirrors.every((url) => new URL(url).pathname.endsWith("/"))).toBe(true);
  });
});
