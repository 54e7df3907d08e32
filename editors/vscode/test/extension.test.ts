/** The packaged extension: its archive, and its client with its own server over the real protocol. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageVscode } from "../../../tools/package-vscode.ts";
import { document, fakeVscode } from "./fake-vscode.ts";

const root = join(import.meta.dirname, "../../..");
const out = mkdtempSync(join(tmpdir(), "stanch-vsix-"));
let archive = "";

beforeAll(async () => {
  if (!existsSync(join(root, "dist/stanch.mjs"))) execFileSync(process.execPath, [join(root, "tools/build.mjs")]);
  archive = await packageVscode(out);
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

test("the archive is whole, and equal content gives equal bytes", async () => {
  const again = mkdtempSync(join(tmpdir(), "stanch-vsix-"));
  expect(readFileSync(await packageVscode(again)).equals(readFileSync(archive))).toBe(true);
  rmSync(again, { recursive: true });
  // Python's zip reader is on most machines that have no unzip.
  const list = spawnSync("python3", ["-m", "zipfile", "-t", archive], { encoding: "utf8" });
  if (list.error === undefined) expect(list.stdout).toContain("Done testing");
  const { main, version } = JSON.parse(readFileSync(join(out, "extension/package.json"), "utf8")) as Record<
    string,
    string
  >;
  expect(existsSync(join(out, "extension", main))).toBe(true);
  expect(archive).toContain(version);
  for (const file of [
    "server/stanch.mjs",
    "server/lsp-worker.mjs",
    "server/stdlib/stdlib.bin",
    "stanch-yaml.schema.json",
  ])
    expect(existsSync(join(out, "extension", file)), file).toBe(true);
});

test("its client starts its server, and a leak becomes a problem in the editor", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "stanch-vscode-")));
  const text =
    'package a\n\nimport "os"\n\nfunc A(name string) string {\n\tf, _ := os.Open(name)\n\treturn f.Name()\n}\n';
  const file = join(folder, "a.go");
  writeFileSync(join(folder, "go.mod"), "module example.com/m\n\ngo 1.22\n");
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, text);
  const vscode = fakeVscode(folder);
  const load = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
  const original = load._load;
  load._load = (request, ...rest) => (request === "vscode" ? vscode.module : original.call(Module, request, ...rest));
  const extension = createRequire(import.meta.url)(join(out, "extension/extension.js")) as {
    activate(context: unknown): Promise<void>;
    deactivate(): Promise<void>;
  };
  load._load = original;
  try {
    await extension.activate({ subscriptions: [], extensionPath: join(out, "extension") });
    expect([...vscode.commands.keys()]).toEqual(["stanch.restart"]);
    const doc = document(file, text);
    vscode.documents.push(doc);
    await vscode.opened.fire(doc);
    const uri = pathToFileURL(file).href;
    while (vscode.shown.get(uri) === undefined) await new Promise((r) => setTimeout(r, 20));
    expect(vscode.shown.get(uri)).toMatchObject([
      { source: "stanch", severity: 0, message: expect.stringContaining("is never closed") as string },
    ]);
  } finally {
    await extension.deactivate();
    rmSync(folder, { recursive: true, force: true });
  }
});
