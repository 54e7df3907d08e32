/** The server through its protocol, over a pipe, run from source. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, afterEach, expect, test } from "vitest";
import { LspClient, makeTree, type Published, removeTrees } from "./testing.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const running: LspClient[] = [];
afterEach(async () => {
  for (const c of running.splice(0)) {
    c.vanish();
    await c.exited;
  }
});
afterAll(removeTrees);

function start(): LspClient {
  const tsx = join(root, "node_modules/tsx/dist/esm/index.mjs");
  const args = ["--import", tsx, join(root, "src/cli/main.ts"), "lsp", "--stdio"];
  const client = new LspClient(process.execPath, args, {
    env: { ...process.env, GOFLAGS: "", GOMODCACHE: "/nowhere" },
  });
  running.push(client);
  return client;
}

const leaky =
  'package a\n\nimport "os"\n\nfunc A(name string) (string, error) {\n\tf, err := os.Open(name)\n\tif err != nil {\n\t\treturn "", err\n\t}\n\treturn f.Name(), nil\n}\n';
const mended = leaky.replace("\treturn f.Name()", "\tdefer f.Close()\n\treturn f.Name()");
const tree = (more: Record<string, string> = {}): string =>
  makeTree({ "go.mod": "module example.com/m\n\ngo 1.22\n", "a/a.go": leaky, ...more });
const codes = (p: Published): (string | undefined)[] => p.diagnostics.map((d) => d.code);
const uri = (file: string): string => pathToFileURL(file).href;

interface Action {
  readonly title: string;
  readonly kind: string;
  readonly edit: {
    documentChanges: { textDocument: { uri: string; version: number }; edits: { newText: string; range: unknown }[] }[];
  };
}

test("diagnostics as one types, with the path, fixes, suppressions, and the rule's page", async () => {
  const dir = tree();
  const file = join(dir, "a/a.go");
  const client = start();
  const { capabilities } = (await client.initialize([dir])) as { capabilities: Record<string, unknown> };
  expect(capabilities).toMatchObject({ hoverProvider: true, positionEncoding: "utf-16" });
  // Published again when the fixes have been tried, which may come in one piece with the first.
  let published = 0;
  const tried = client.until((m) => m.method === "textDocument/publishDiagnostics" && ++published === 2);
  client.open(file, leaky);
  const first = await client.diagnostics(file, 1);
  expect(first.diagnostics).toMatchObject([
    {
      severity: 1,
      code: "resource-unclosed",
      range: { start: { line: 5, character: 11 }, end: { line: 5, character: 24 } },
      relatedInformation: [
        { message: "1: os.Open opens the file here" },
        { message: "2: `err == nil` holds" },
        {
          message: "3: returns here with it open",
          location: { uri: uri(file), range: { start: { line: 9, character: 1 } } },
        },
      ],
    },
  ]);
  await tried;
  const at = { start: { line: 5, character: 12 }, end: { line: 5, character: 12 } };
  const actions = await client.request<Action[]>("textDocument/codeAction", {
    textDocument: { uri: uri(file) },
    range: at,
    context: { diagnostics: [] },
  });
  expect(actions.map((a) => a.title)).toEqual(["Add `defer f.Close()`", "Ignore resource-unclosed here"]);
  expect(actions[0].edit.documentChanges[0]).toMatchObject({
    textDocument: { uri: uri(file), version: 1 },
    edits: [{ newText: "\n\tdefer f.Close()", range: { start: { line: 8, character: 2 } } }],
  });
  expect(actions[1].edit.documentChanges[0].edits[0].newText).toBe(
    "\t//stanch:ignore resource-unclosed TODO: say why\n",
  );
  const all = await client.request<Action[]>("textDocument/codeAction", {
    textDocument: { uri: uri(file) },
    range: at,
    context: { diagnostics: [], only: ["source.fixAll"] },
  });
  expect(all.map((a) => a.kind)).toEqual(["source.fixAll.stanch"]);
  const hover = await client.request<{ contents: { value: string } }>("textDocument/hover", {
    textDocument: { uri: uri(file) },
    position: at.start,
  });
  expect(hover.contents.value).toContain("# resource-unclosed");
  client.change(file, 2, mended);
  expect(codes(await client.diagnostics(file, 2))).toEqual([]);
  // One range, in UTF-16 units behind a character that takes two of them.
  client.change(file, 3, mended.replace("package a", "package a // 𝛑"));
  client.change(file, 4, [{ range: { start: { line: 9, character: 0 }, end: { line: 10, character: 0 } }, text: "" }]);
  expect(codes(await client.diagnostics(file, 4))).toEqual(["resource-unclosed"]);
  client.close(file);
  await client.settle(file, []);
  expect(await client.leave()).toBe(0);
});

test("an edit elsewhere, a file on the disk, a configuration", async () => {
  const helper = (body: string): string => `package h\n\nimport "os"\n\nfunc Done(f *os.File) {${body}}\n`;
  const caller =
    'package b\n\nimport (\n\t"os"\n\n\t"example.com/m/h"\n)\n\nfunc B(name string) {\n\tf, err := os.Open(name)\n\tif err != nil {\n\t\treturn\n\t}\n\th.Done(f)\n}\n';
  const dir = tree({ "h/h.go": helper("\n\tf.Close()\n"), "b/b.go": caller });
  const [b, h, a] = [join(dir, "b/b.go"), join(dir, "h/h.go"), join(dir, "a/a.go")];
  const client = start();
  await client.initialize([dir]);
  client.open(b, caller);
  await client.diagnostics(b);
  await client.settle(b, []);
  // In an open document of another package…
  client.open(h, helper("\n\tf.Close()\n"));
  client.change(h, 2, helper("\n\t_ = f.Name()\n"));
  await client.settle(b, ["resource-unclosed"]);
  client.close(h);
  await client.settle(b, []);
  // … and on the disk.
  writeFileSync(h, helper("\n\t_ = f.Name()\n"));
  client.notify("workspace/didChangeWatchedFiles", { changes: [{ uri: uri(h), type: 2 }] });
  await client.settle(b, ["resource-unclosed"]);
  client.open(a, leaky);
  await client.settle(a, ["resource-unclosed"]);
  // A configuration turns the rule off, one with an error says so in its own file.
  const yaml = join(dir, "stanch.yaml");
  writeFileSync(yaml, "rules: { resource-unclosed: off }\n");
  client.notify("workspace/didChangeWatchedFiles", { changes: [{ uri: uri(yaml), type: 1 }] });
  await client.settle(a, []);
  client.open(yaml, "rules: { resource-unclosd: off }\n");
  const wrong = await client.diagnostics(yaml);
  expect(wrong.diagnostics[0]).toMatchObject({
    message: "no rule is called resource-unclosd; did you mean resource-unclosed?",
  });
});

test("new files, new folders, syntax errors, files that are nobody's", async () => {
  const dir = tree();
  const other = makeTree({ "go.mod": "module example.com/o\n\ngo 1.22\n", "o.go": "package o\n" });
  const client = start();
  await client.initialize([dir]);
  const fresh = join(dir, "new/deep/n.go");
  client.open(fresh, leaky.replace("package a", "package deep"));
  expect(codes(await client.diagnostics(fresh))).toEqual(["resource-unclosed"]);
  client.change(fresh, 2, "package deep\n\nfunc {\n");
  const broken = await client.diagnostics(fresh, 2);
  expect(broken.diagnostics[0].message).toContain("syntax error");
  // A file that takes part in nothing any more keeps nothing of what was shown.
  client.change(fresh, 3, leaky.replace("package a", "package deep"));
  await client.settle(fresh, ["resource-unclosed"]);
  client.change(fresh, 4, leaky.replace("package a", "packag deep"));
  expect((await client.diagnostics(fresh, 4)).diagnostics.map((d) => d.code)).toEqual([undefined]);
  // Another folder joins the window; a file outside of all belongs to its module.
  client.notify("workspace/didChangeWorkspaceFolders", {
    event: { added: [{ uri: uri(other), name: "o" }], removed: [{ uri: uri(dir), name: "m" }] },
  });
  const o = join(other, "o.go");
  client.open(o, leaky.replace("package a", "package o"));
  expect(codes(await client.diagnostics(o))).toEqual(["resource-unclosed"]);
  const a = join(dir, "a/a.go");
  client.open(a, leaky);
  expect(codes(await client.diagnostics(a))).toEqual(["resource-unclosed"]);
  for (const name of ["untitled:Untitled-1", "git:/x/a.go", "file://%zz"])
    client.notify("textDocument/didOpen", { textDocument: { uri: name, languageId: "go", version: 1, text: leaky } });
  expect(
    await client.request("textDocument/hover", {
      textDocument: { uri: "file://%zz" },
      position: { line: 0, character: 0 },
    }),
  ).toBe(null);
});

test("ranges that are broken, documents that were never opened, requests that are none", async () => {
  const dir = tree();
  const a = join(dir, "a/a.go");
  const client = start();
  await client.initialize([dir]);
  client.change(a, 7, "never opened");
  client.open(a, leaky.replace("package a", "package a // 𝛑"));
  await client.diagnostics(a, 1);
  const half = { line: 0, character: 14 }; // in the middle of a surrogate pair
  client.change(a, 2, [
    { range: { start: half, end: half }, text: "x" },
    { range: { start: { line: 900, character: 7 }, end: { line: -4, character: -1 } }, text: "" },
    { range: { start: { line: 0, character: 1e9 }, end: { line: 0, character: 1e9 } }, text: "\n" },
    { range: { start: null, end: {} }, text: "// \ud800 alone\n" },
    { range: { start: { line: "x", character: Number.NaN }, end: { line: 0, character: 0 } }, text: "" },
  ]);
  client.change(a, 3, leaky);
  expect(codes(await client.diagnostics(a, 3))).toEqual(["resource-unclosed"]);
  await expect(client.request("textDocument/nonsense", {})).rejects.toThrow("Unhandled method");
  const actions = { textDocument: { uri: uri(a) }, context: { diagnostics: [] } };
  const far = { start: { line: 99, character: 0 }, end: { line: 1e9, character: 0 } };
  expect(await client.request("textDocument/codeAction", { ...actions, range: far })).toEqual([]);
});

test("requests that are cancelled before, while and after they are answered; an analysis that an edit overtakes", async () => {
  const dir = tree();
  const file = join(dir, "a/a.go");
  const client = start();
  await client.initialize([dir]);
  client.open(file, leaky);
  await client.diagnostics(file, 1);
  const params = { textDocument: { uri: uri(file) }, position: { line: 5, character: 12 } };
  client.notify("$/cancelRequest", { id: "never sent" });
  // Sent together: the cancellation is there before the request is looked at. Either answer is right, none is not.
  const answers = [9001, 9002].map((id) => client.until((m) => m.id === id));
  client.raw({ jsonrpc: "2.0", id: 9001, method: "textDocument/hover", params });
  client.notify("$/cancelRequest", { id: 9001 });
  client.raw({ jsonrpc: "2.0", id: 9002, method: "textDocument/hover", params });
  const [cancelled, other] = await Promise.all(answers);
  expect(cancelled.result !== undefined || cancelled.error?.code === -32_800).toBe(true);
  expect(other.result).toMatchObject({ contents: { kind: "markdown" } });
  client.notify("$/cancelRequest", { id: 9002 });
  // Ten edits at once: what is told is told of the last, and nothing of those that were overtaken.
  const versions: (number | undefined)[] = [];
  const seen = client.until((m) => {
    if (m.method !== "textDocument/publishDiagnostics") return false;
    versions.push((m.params as { version?: number }).version);
    return (m.params as { version?: number }).version === 12;
  });
  for (let v = 2; v <= 12; v++) client.change(file, v, v % 2 === 0 ? mended : leaky);
  await seen;
  expect(versions.filter((v) => v !== 1).length).toBeLessThan(11);
  expect((await client.settle(file, [])).diagnostics).toEqual([]);
});

test("the folder goes away, the client goes away in the middle of a request", async () => {
  const dir = tree();
  const a = join(dir, "a/a.go");
  const client = start();
  await client.initialize([dir, "/nowhere/at/all"]);
  client.open(a, leaky);
  await client.diagnostics(a);
  rmSync(dir, { recursive: true });
  client.notify("workspace/didChangeWatchedFiles", { changes: [{ uri: uri(a), type: 3 }] });
  client.change(a, 2, mended);
  expect(
    await client.request("textDocument/hover", { textDocument: { uri: uri(a) }, position: { line: 0, character: 0 } }),
  ).toBe(null);
  mkdirSync(dir);
  void client
    .request("textDocument/hover", { textDocument: { uri: uri(a) }, position: { line: 5, character: 12 } })
    .catch(() => {});
  client.vanish();
  expect(await client.exited).toBe(1);
  expect(client.stderr).not.toContain("    at ");
});
