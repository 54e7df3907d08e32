/**
 * The language server on kubernetes' largest packages, through its protocol:
 *
 *     npx tsx bench/lsp.ts [DIR FILE…]            latency of the first and later edits, memory
 *     npx tsx bench/lsp.ts --random 1000 [DIR FILE]    random edits, then: are its diagnostics those of a cold check?
 *
 * Latency is from the change being sent to the diagnostics of that version having been read, the pause that the server waits for included.
 * The first edit comes two seconds after the file's first diagnostics.
 * Each edit is in a function body of the file. Default: kubernetes with its staging modules, unpacked below bench/.work/load.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { check } from "../src/check/run.ts";
import { NodeKind } from "../src/go/syntax/ast.ts";
import { parseFile } from "../src/go/syntax/parser.ts";
import { walk } from "../src/go/syntax/walk.ts";
import { LspClient, type Published } from "../src/lsp/testing.ts";
import { rules } from "../src/rules/registry.ts";
import { kubernetes } from "./oracle/golist/corpora.ts";

const args = process.argv.slice(2);
const random = args[0] === "--random" ? Number(args.splice(0, 2)[1]) : 0;
const here = import.meta.dirname;
const [dir = kubernetes(join(here, ".work/load")), ...named] = args;
const stanch = join(here, "../dist/stanch.mjs");

function start(): LspClient {
  return new LspClient(process.execPath, [stanch, "lsp"], { env: { ...process.env, GOFLAGS: "" } });
}

function rssMB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

/** Places between statements of function bodies. */
function places(text: string): number[] {
  const out: number[] = [];
  walk(parseFile("x.go", Buffer.from(text)), (n) => {
    if (n.kind === NodeKind.BlockStmt) for (const s of n.list) out.push(s.pos);
  });
  return out;
}

async function latency(file: string): Promise<void> {
  const client = start();
  const text = readFileSync(file, "utf8");
  await client.initialize([dir]);
  const opened = performance.now();
  const first = client.diagnostics(file, 1);
  client.open(file, text);
  await first;
  const cold = performance.now() - opened;
  // A person reads before they type; the server rehearses meanwhile.
  await new Promise((done) => setTimeout(done, 2000));
  const spots = places(text).filter((p) => Buffer.byteLength(text.slice(0, p)) === p);
  const times: number[] = [];
  let now = text;
  for (let i = 0; i < 20; i++) {
    const at = spots[Math.floor((spots.length * (i + 0.5)) / 20)];
    now = `${text.slice(0, at)}_ = ${i}\n${text.slice(at)}`;
    const done = client.diagnostics(file, i + 2);
    const began = performance.now();
    client.change(file, i + 2, now);
    await done;
    times.push(performance.now() - began);
  }
  const sorted = times.slice(1).sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  console.log(
    `${file.slice(dir.length + 1)}: opened ${cold.toFixed(0)} ms; 1st edit ${times[0].toFixed(0)} ms, 10th ${times[9].toFixed(0)} ms, median of 2..20 ${middle.toFixed(0)} ms (${sorted[0].toFixed(0)}-${sorted.at(-1)?.toFixed(0)}); ${rssMB(client.pid).toFixed(0)} MB`,
  );
  await client.leave();
}

/** Deterministic, so that a failure can be had again. */
let seed = 42;
function next(below: number): number {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed % below;
}

const snippets = [
  "f, _ := os.Open(name)\n",
  "defer f.Close()\n",
  "return\n",
  "if err != nil {\n\treturn\n}\n",
  "}\n",
  "{\n",
  "resp, err := http.Get(url)\n",
  "x := 1\n",
  "go func() { ch <- 1 }()\n",
  "for {\n\tdefer x.Close()\n}\n",
  "//stanch:ignore resource-unclosed why not\n",
  "𝛑 := `\n",
  "\t\n",
];

async function randomEdits(file: string, edits: number): Promise<void> {
  const copy = join(here, ".work/lsp-copy");
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  cpSync(dir, copy, { recursive: true });
  execFileSync("chmod", ["-R", "u+w", copy]);
  const own = join(copy, file.slice(dir.length + 1));
  const client = start();
  await client.initialize([copy]);
  let text = readFileSync(own, "utf8");
  const original = text;
  let version = 1;
  client.open(own, text);
  await client.diagnostics(own, 1);
  let checked = 0;
  let stale = 0;
  for (let i = 1; i <= edits; i++) {
    const lines = text.split("\n");
    const line = next(lines.length);
    if (next(40) === 0) text = original;
    else if (next(2) === 0) lines.splice(line, 0, snippets[next(snippets.length)].trimEnd());
    else lines.splice(line, 1 + next(2));
    if (text !== original || lines.join("\n") !== text) text = next(40) === 0 ? original : lines.join("\n");
    client.change(own, ++version, text);
    if (next(3) === 0) await new Promise((r) => setTimeout(r, next(120)));
    if (i % Math.max(1, Math.floor(edits / 20)) !== 0) continue;
    // One more, so that there is an answer to wait for.
    const want = version + 1;
    const settled = client.until(
      (m) =>
        m.method === "textDocument/publishDiagnostics" &&
        (m.params as Published).uri === pathToFileURL(own).href &&
        ((m.params as Published).version ?? 0) >= want,
    );
    client.change(own, ++version, text);
    await settled;
    await new Promise((r) => setTimeout(r, 1500)); // fixes are tried behind it
    const shown = (client.published.get(pathToFileURL(own).href)?.diagnostics ?? []).map(
      (d) => `${d.code ?? "problem"} ${(d.range as { start: { line: number } }).start.line + 1} ${d.message}`,
    );
    writeFileSync(own, text);
    const cold = await check(copy, {
      patterns: [`./${file.slice(dir.length + 1, file.lastIndexOf("/"))}`],
      rules: rules.map((r) => r.id),
      jobs: 0,
    });
    const name = own.slice(copy.length + 1);
    const expected = [
      ...cold.problems.filter((p) => p.file === name).map((p) => `problem ${p.line} ${p.message}`),
      ...cold.findings.filter((f) => f.file === name && !f.suppressed).map((f) => `${f.rule} ${f.line} ${f.message}`),
    ];
    checked++;
    if (JSON.stringify([...shown].sort()) !== JSON.stringify([...expected].sort())) {
      stale++;
      console.log(
        `after ${i} edits: the server says\n  ${shown.join("\n  ")}\na cold check says\n  ${expected.join("\n  ")}`,
      );
    }
  }
  console.log(
    `${edits} random edits, compared with a cold check ${checked} times: ${stale} differ; ${rssMB(client.pid).toFixed(0)} MB`,
  );
  await client.leave();
  rmSync(copy, { recursive: true, force: true });
  process.exitCode = stale === 0 ? 0 : 1;
}

execFileSync(process.execPath, [stanch, "--version"]);
const files =
  named.length > 0
    ? named.map((f) => join(dir, f))
    : [
        "staging/src/k8s.io/api/core/v1/toleration.go",
        "test/e2e/apimachinery/garbage_collector.go",
        "pkg/kubelet/kubelet.go",
        "pkg/apis/core/validation/validation.go",
      ].map((f) => join(dir, f));
if (random > 0) await randomEdits(files[0], random);
else for (const file of files) await latency(file);
