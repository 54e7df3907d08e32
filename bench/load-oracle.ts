/**
 * Compares the loader with `go list` on real modules: the packages that patterns match, the files of every package of the closure, where
 * every import leads, test files, language versions; and prints the time of both.
 *
 *     npx tsx bench/load-oracle.ts --prepare       once: fetch the modules
 *     npx tsx bench/load-oracle.ts [NAME…]         all cases, or those whose name begins so
 *
 * Exits with 1 where anything differs.
 */
import { execFileSync } from "node:child_process";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Loader } from "../src/go/load/loader.ts";
import type { LoadedPackage } from "../src/go/load/loaded-package.ts";
import { cases, prepare, type Case } from "./oracle/golist/corpora.ts";

interface Listed {
  readonly ImportPath: string;
  readonly Dir?: string;
  readonly Standard?: boolean;
  readonly DepOnly?: boolean;
  readonly GoFiles?: string[];
  readonly CgoFiles?: string[];
  readonly TestGoFiles?: string[];
  readonly XTestGoFiles?: string[];
  readonly Imports?: string[];
  readonly Module?: {
    Path: string;
    Version?: string;
    Main?: boolean;
    GoVersion?: string;
    Replace?: { GoVersion?: string };
  };
}

const FIELDS = "ImportPath,Dir,Standard,DepOnly,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,Imports,Module";

class Tally {
  agreed = 0;
  readonly differing: string[] = [];

  check(what: string, ours: string, theirs: string): void {
    if (ours === theirs) this.agreed++;
    else this.differing.push(`${what}\n      ours   ${ours}\n      theirs ${theirs}`);
  }

  get total(): number {
    return this.agreed + this.differing.length;
  }
}

function goList(c: Case): { listed: Listed[]; milliseconds: number } {
  const started = performance.now();
  const out = execFileSync("go", ["list", "-e", "-deps", `-json=${FIELDS}`, ...c.patterns], {
    cwd: c.dir,
    env: { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "", ...c.env },
    maxBuffer: 1 << 30,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const milliseconds = performance.now() - started;
  const listed = JSON.parse(`[${String(out).replaceAll("\n}\n{", "\n},\n{")}]`) as Listed[];
  return { listed, milliseconds };
}

const base = (files: readonly string[]): string =>
  files
    .map((f) => basename(f))
    .sort()
    .join(" ");
/** Differences only, so that a line can be read. */
function difference(ours: string, theirs: string): [string, string] {
  const a = new Set(ours.split(" "));
  const b = new Set(theirs.split(" "));
  return [[...a].filter((x) => !b.has(x)).join(" "), [...b].filter((x) => !a.has(x)).join(" ")];
}

function compare(c: Case): Tally {
  const tally = new Tally();
  const env = { ...process.env, GOFLAGS: "", ...c.env };
  const started = performance.now();
  const loader = Loader.open(c.dir, { env });
  const match = loader.match(c.patterns);
  const matchTime = performance.now() - started;
  const closure = new Map<string, LoadedPackage>();
  const queue = [...match.packages];
  for (let p = queue.pop(); p !== undefined; p = queue.pop()) {
    if (closure.has(p.path)) continue;
    closure.set(p.path, p);
    for (const path of p.imports) queue.push(...[loader.resolve(path, p)].filter((q) => q !== null));
  }
  const closureTime = performance.now() - started;

  const { listed, milliseconds } = goList(c);
  const sources = (l: Listed): string[] => [...(l.GoFiles ?? []), ...(l.CgoFiles ?? [])];
  // "x [cmd/compile]" is x once more, built with the compiler's own profile.
  const theirs = listed.filter((l) => sources(l).length > 0 && !l.ImportPath.includes(" "));
  const names = (paths: string[]): string => [...new Set(paths)].sort().join(" ");

  const matched = difference(
    names(match.packages.map((p) => p.path)),
    names(theirs.filter((l) => l.DepOnly !== true).map((l) => l.ImportPath)),
  );
  tally.check("matched packages", ...matched);
  const known = new Set(theirs.map((l) => l.ImportPath));
  for (const path of closure.keys())
    if (!known.has(path)) tally.check(`package ${path}`, "in the closure", "not there");

  for (const l of theirs) {
    // Implicit dependencies (runtime of main packages, cgo's own) are nobody's import.
    const p = closure.get(l.ImportPath) ?? loader.std.find(l.ImportPath);
    if (p === null) {
      tally.check(`package ${l.ImportPath}`, "not there", `${l.Dir ?? ""}: ${base(sources(l))}`);
      continue;
    }
    tally.check(`folder of ${l.ImportPath}`, p.dir, l.Dir ?? "");
    tally.check(`files of ${l.ImportPath}`, ...difference(base(p.files), base(sources(l))));
    const to = p.imports.flatMap((i) => (i === "C" ? [] : [loader.resolve(i, p)?.path ?? `?${i}`]));
    tally.check(
      `imports of ${l.ImportPath}`,
      ...difference(names(to), names((l.Imports ?? []).map((i) => i.replace(/ .*/, "")).filter((i) => i !== "C"))),
    );
    if (l.Module?.GoVersion !== undefined && p.module !== null) {
      const [, major = "", minor = ""] = /^(\d+)\.(\d+)/.exec(l.Module.Replace?.GoVersion ?? l.Module.GoVersion) ?? [];
      tally.check(
        `language of ${l.ImportPath}`,
        `${p.module.goVersion.major}.${p.module.goVersion.minor}`,
        `${major}.${minor}`,
      );
    }
    if (l.Module !== undefined && p.module !== null && l.Standard !== true) {
      tally.check(
        `module of ${l.ImportPath}`,
        `${p.module.path}@${p.module.version}`,
        `${l.Module.Path}@${l.Module.Version ?? ""}`,
      );
    }
    if (l.DepOnly !== true) {
      const folder = loader.disk.folder(p.dir, true);
      tally.check(`tests of ${l.ImportPath}`, ...difference(base(folder.tests.files), base(l.TestGoFiles ?? [])));
      tally.check(
        `external tests of ${l.ImportPath}`,
        ...difference(base(folder.externalTests.files), base(l.XTestGoFiles ?? [])),
      );
    }
  }
  const share = ((100 * tally.agreed) / Math.max(1, tally.total)).toFixed(3);
  console.log(
    `${c.name.padEnd(28)} ${share.padStart(7)} %  ${tally.agreed}/${tally.total} facts  ${theirs.length} packages  ` +
      `match ${matchTime.toFixed(0)} ms, closure ${closureTime.toFixed(0)} ms; go list -deps ${milliseconds.toFixed(0)} ms`,
  );
  for (const d of tally.differing.slice(0, 12)) console.log(`    ${d.slice(0, 1200)}`);
  if (tally.differing.length > 12) console.log(`    … and ${tally.differing.length - 12} more`);
  return tally;
}

const root = join(fileURLToPath(new URL(".", import.meta.url)), ".work", "load");
const args = process.argv.slice(2);
if (args[0] === "--prepare") {
  prepare(root);
} else {
  let agreed = 0;
  let total = 0;
  for (const c of cases(root)) {
    if (args.length > 0 && !args.some((a) => c.name.startsWith(a))) continue;
    const tally = compare(c);
    agreed += tally.agreed;
    total += tally.total;
  }
  console.log(`${((100 * agreed) / Math.max(1, total)).toFixed(3)} % agreement: ${agreed} of ${total} facts`);
  process.exitCode = agreed === total && total > 0 ? 0 : 1;
}
