/**
 * Mutates files of real packages and runs the whole of `check` on them: types, control flow, summaries, every rule. No
 * exception, no hang, bounded memory.
 *
 *     npx tsx bench/fuzz-check.ts [N = 20000] [--seed S] [--dir MODULE] [PATTERN…]     (default: a part of GOROOT/src)
 *
 * One file of a package is mutated (bench/fuzz-syntax.ts says how), its neighbours and dependencies stay as they are. A
 * failing mutant is written to bench/.work.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Session } from "../src/check/session.ts";
import { Loader } from "../src/go/load/loader.ts";
import type { GoPackage, PackageSource } from "../src/go/load/package.ts";
import { Mutator } from "../src/go/syntax/mutate.ts";
import { rules } from "../src/rules/registry.ts";

const LimitMs = 5000;
/** Dependencies read on demand accumulate: start over before they are many. */
const RenewEvery = 100;

const args = process.argv.slice(2);
function option(name: string): string | null {
  const i = args.indexOf(`--${name}`);
  return i < 0 ? null : args.splice(i, 2)[1];
}
const seed = Number(option("seed") ?? "1");
const dir = option("dir");
const count = Number(args.shift() ?? "20000");
const loader = Loader.open(dir ?? "/usr/local/go/src");
const patterns =
  args.length > 0
    ? args
    : dir === null
      ? ["net/http/...", "database/...", "os/exec", "go/...", "context", "time", "slices", "maps"]
      : ["./..."];
const packages = loader.match(patterns).packages.filter((p) => p.files.length > 0);
const work = join(import.meta.dirname, ".work");
mkdirSync(work, { recursive: true });

/** The package whose file is replaced, under an identity of its own, and the mutant. */
let clone: GoPackage | null = null;
let original: GoPackage = packages[0];
let victim = "";
let mutant: Uint8Array = new Uint8Array();
const source: PackageSource = {
  resolve: (path, from) => loader.resolve(path, from === clone ? original : from),
  read: (file) => (file === victim ? mutant : loader.read(file)),
};
const session = new Session(source, {
  rules,
  known: new Set(rules.map((r) => r.id)),
  generated: true,
  godebug: () => new Map(),
});

const mutators = new Map<string, Mutator>();
let random = seed | 1;
function pick(limit: number): number {
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  return (random >>> 0) % limit;
}

let failures = 0;
let slowest = 0;
let peak = 0;
let findings = 0;
const began = performance.now();
for (let i = 1; i <= count; i++) {
  original = packages[pick(packages.length)];
  victim = original.files[pick(original.files.length)];
  let mutator = mutators.get(victim);
  if (mutator === undefined) mutators.set(victim, (mutator = new Mutator(seed + i, [loader.read(victim)])));
  mutant = mutator.next();
  clone = {
    path: original.path,
    dir: original.dir,
    files: original.files,
    module: original.module,
    standard: false,
    stub: false,
    tests: false,
  };
  const result = session.analyze(clone);
  findings += result.findings.length;
  slowest = Math.max(slowest, result.milliseconds);
  if (result.faults > 0 || result.milliseconds > LimitMs) {
    failures++;
    const at = join(work, `mutant-${seed}-${i}-${basename(victim)}`);
    writeFileSync(at, mutant);
    const why =
      result.problems.find((p) => p.message.includes("fault"))?.message ?? `${result.milliseconds.toFixed(0)} ms`;
    console.log(`${at} (${victim}): ${why}`);
  }
  if (i % RenewEvery === 0) {
    session.renew();
    peak = Math.max(peak, process.memoryUsage.rss());
    if (process.stderr.isTTY) process.stderr.write(`\r${i} of ${count}, ${failures} failed`);
  }
}
console.log(
  `${count} mutants of ${packages.length} packages: ${failures} failed, ${findings} findings, slowest ${slowest.toFixed(0)} ms, ` +
    `peak ${(peak / 1e6).toFixed(0)} MB, ${((performance.now() - began) / 1000).toFixed(0)} s`,
);
process.exit(failures === 0 ? 0 : 1);
