/**
 * Compares the reading of files' heads (constraints, package clause, imports) with go/build and go/parser: on every .go file of the Go
 * distribution, its tests of invalid syntax included, and on heads put together at random from pieces that matter.
 *
 *     npx tsx bench/header-oracle.ts [COUNT]     COUNT random heads (20,000)
 *
 * Exits with 1 where anything differs.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BuildContext } from "../src/go/load/context.ts";
import { GoEnv } from "../src/go/load/env.ts";
import { nodeFileSystem } from "../src/go/load/fs.ts";
import { findGoroot, toolTags } from "../src/go/load/goroot.ts";
import { scanHeader } from "../src/go/load/scan-header.ts";

interface Verdict {
  readonly File: string;
  readonly Match: boolean;
  readonly Error: boolean;
  readonly Parsed: boolean;
  readonly Name: string;
  readonly Imports: string[];
}

const PIECES = [
  "//go:build linux\n",
  "//go:build !linux\n",
  "//go:build windows || extra\n",
  "//go:build (linux && amd64\n",
  "//go:build\n",
  "//go:buildx\n",
  "// +build linux\n",
  "// +build windows\n",
  "//+build extra,linux darwin\n",
  "// +build !cgo\n",
  "// +buildx\n",
  "//  +build !!x\n",
  "\n",
  "\n\n",
  " ",
  "\t",
  "\r\n",
  ";",
  "// Copyright build\n",
  "/* block */",
  "/* two\nlines */\n",
  "/* //go:build windows\n*/\n",
  "/*\n// +build windows\n\n*/\n",
  "package a\n",
  "package a_test;",
  'package/**/b // import "x"\n',
  "package documentation\n",
  'import "fmt"\n',
  'import x "C"\n',
  'import (\n"a"\n. "b";_ `c`)\n',
  "import()\n",
  "var x = 1\n",
  "func f() {}\n",
  "\uFEFF",
  "é",
  "\0",
  '"',
  "`",
  "/",
  "*/",
  "(",
  ")",
  "import",
  "//go:build linux\r\n",
  "// +build ignore\r\n\r\n",
];

/** A seeded generator (numerical recipes' LCG): the same heads on every run. */
function randomHeads(dir: string, count: number): void {
  let seed = 20260828;
  const below = (n: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  mkdirSync(dir, { recursive: true });
  for (let i = 0; i < count; i++) {
    // Half of them have a sound order: comments, clause, imports.
    const sound = below(2) === 0;
    let text = "";
    for (let n = below(7); n >= 0; n--) text += PIECES[below(sound ? 23 : PIECES.length)] ?? "";
    if (sound)
      text += `${PIECES[23 + below(3)] ?? ""}${PIECES[27 + below(4)] ?? ""}${below(2) === 0 ? "var x = 1\n" : ""}`;
    writeFileSync(
      join(dir, `r${i}${["", "_linux", "_windows", "_arm64", "_linux_amd64", "_test"][below(6)] ?? ""}.go`),
      text,
    );
  }
}

const env = new GoEnv(process.env, nodeFileSystem);
const goroot = findGoroot(env, null, nodeFileSystem);
if (goroot === null) throw new Error("no Go distribution on this machine");
const context = new BuildContext({
  goos: "linux",
  goarch: "amd64",
  cgo: true,
  tags: ["extra"],
  toolTags: toolTags(goroot, "linux", "amd64", env, nodeFileSystem),
  release: goroot.language.minor,
});

function ours(file: string): { match: boolean; error: boolean; name: string; imports: readonly string[] } {
  const name = basename(file);
  const src = readFileSync(file);
  const header = scanHeader(src, true);
  if (header === null) throw new Error("a whole file has a head");
  // Whatever part of a file is read first, the head must be the same or "not enough".
  for (const part of [16, 100, 1000, 16 * 1024]) {
    const partial = part < src.length ? scanHeader(src.subarray(0, part), false) : null;
    if (partial !== null && JSON.stringify(partial) !== JSON.stringify(header))
      throw new Error(`${file}: the first ${part} bytes give another head`);
  }
  const fields = { name: header.name, imports: header.imports };
  if (name.startsWith("_") || name.startsWith(".") || !context.matchesName(name))
    return { match: false, error: false, ...fields };
  try {
    return { match: context.matchesHeader(header), error: false, ...fields };
  } catch {
    return { match: false, error: true, ...fields };
  }
}

const scratch = mkdtempSync(join(tmpdir(), "stanch-heads-"));
let agreed = 0;
const differing: string[] = [];
try {
  randomHeads(join(scratch, "random"), Number(process.argv[2] ?? 20_000));
  const out = execFileSync(
    "go",
    ["run", ".", join(goroot.dir, "src"), join(goroot.dir, "test"), join(scratch, "random")],
    {
      cwd: fileURLToPath(new URL("oracle/matchfile", import.meta.url)),
      maxBuffer: 1 << 30,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const started = performance.now();
  for (const line of String(out).trim().split("\n")) {
    const theirs = JSON.parse(line) as Verdict;
    const mine = ours(theirs.File);
    const src = readFileSync(theirs.File);
    // go/build calls a NUL byte an error of reading; here the parser reports it.
    const nul = src.includes(0);
    // After an empty declaration go/parser reads no more imports; its file is in error anyway.
    const stray = /package[^]*[;\n]\s*;/.test(String(src));
    const same =
      (nul || (mine.match === theirs.Match && mine.error === theirs.Error)) &&
      (!theirs.Parsed ||
        stray ||
        (mine.name === theirs.Name && JSON.stringify(mine.imports) === JSON.stringify(theirs.Imports)));
    if (same) agreed++;
    else
      differing.push(
        `${theirs.File}\n    ours   ${JSON.stringify(mine)}\n    theirs ${line}\n    ${JSON.stringify(String(src).slice(0, 200))}`,
      );
  }
  for (const d of differing.slice(0, 20)) console.log(d);
  const total = agreed + differing.length;
  console.log(
    `${((100 * agreed) / total).toFixed(3)} % agreement: ${agreed} of ${total} heads, ${(performance.now() - started).toFixed(0)} ms`,
  );
  process.exitCode = differing.length === 0 && total > 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
