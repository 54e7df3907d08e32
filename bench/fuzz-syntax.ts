/**
 * Mutates real Go files and parses what comes out: no exception, no hang, bounded memory, and errors where go/parser
 * has errors.
 *
 *     npx tsx bench/fuzz-syntax.ts [N = 100000] [--seed S] [--dir DIR] [--judge K = 5000]
 *
 * Mutations: deletion, duplication, swapping and splicing of tokens and of bytes, invalid UTF-8, NUL, byte order marks,
 * CRLF, truncation, unbalanced brackets. Each mutant is parsed with and without bodies, walked, and gated; a parse may
 * take a second at most. K of the mutants are also judged by go/parser (bench/oracle/ast): "accepted" must agree.
 * Everything follows from the seed; a failing mutant is written to bench/.work.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { versionProblems } from "../src/go/syntax/gate.ts";
import { Mutator } from "../src/go/syntax/mutate.ts";
import { parseFile } from "../src/go/syntax/parser.ts";
import { walk } from "../src/go/syntax/walk.ts";

const here = dirname(fileURLToPath(import.meta.url));
const work = join(here, ".work");
const LIMIT_MS = 1000;

function option(name: string, fallback: string): string {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? fallback : process.argv[i + 1];
}

/** Files of up to 60 kB: more mutants per second, and the same grammar. */
function corpus(dir: string, found: Uint8Array[]): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      corpus(path, found);
    } else if (entry.isFile() && entry.name.endsWith(".go")) {
      const src = readFileSync(path);
      if (src.length < 60_000) {
        found.push(src);
      }
    }
  }
}

/** Ends the process where one mutant takes over ten seconds: a loop without end cannot report itself. */
function watchdog(): Int32Array {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const code = `
    const { workerData } = require("node:worker_threads");
    let last = -1;
    setInterval(() => {
      const now = Atomics.load(workerData, 0);
      if (now === last) {
        require("node:fs").writeSync(2, "mutant " + now + " hangs\\n");
        process.kill(process.pid, "SIGKILL");
      }
      last = now;
    }, 10_000);`;
  new Worker(code, { eval: true, workerData: progress }).unref();
  return progress;
}

function main(): void {
  const first = process.argv[2];
  const count = first !== undefined && /^\d+$/.test(first) ? Number(first) : 100_000;
  const seed = Number(option("seed", "1"));
  const judged = Math.min(count, Number(option("judge", "5000")));
  const goroot = execFileSync("go", ["env", "GOROOT"]).toString().trim();
  const sources: Uint8Array[] = [];
  for (const dir of option("dir", `${goroot}/src,${goroot}/test`).split(",")) {
    corpus(dir, sources);
  }
  mkdirSync(join(work, "mutants"), { recursive: true });
  const mutator = new Mutator(seed, sources);
  const every = Math.max(1, Math.floor(count / judged));
  const names: string[] = [];
  const accepted: boolean[] = [];
  const tooNew: boolean[] = [];
  let failures = 0;
  let slowest = 0;
  let bytes = 0;
  let broken = 0;
  const started = Date.now();
  const progress = watchdog();
  for (let i = 0; i < count; i++) {
    const src = mutator.next();
    Atomics.store(progress, 0, i);
    bytes += src.length;
    const start = performance.now();
    try {
      const file = parseFile("mutant.go", src);
      walk(file, () => true);
      const gated = versionProblems(file, { major: 1, minor: 26 });
      parseFile("mutant.go", src, { skipBodies: true });
      if (file.problems.length > 0) {
        broken++;
      }
      if (i % every === 0) {
        const name = join(work, "mutants", `${names.length}.go`);
        writeFileSync(name, src);
        names.push(name);
        accepted.push(file.problems.length === 0);
        tooNew.push(gated.some((p) => p.syntax));
      }
    } catch (error) {
      if (++failures > 20) {
        continue;
      }
      const name = join(work, `crash-${seed}-${i}.go`);
      writeFileSync(name, src);
      console.log(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
    const ms = performance.now() - start;
    slowest = Math.max(slowest, ms);
    if (ms > LIMIT_MS) {
      failures++;
      const name = join(work, `slow-${seed}-${i}.go`);
      writeFileSync(name, src);
      console.log(`${name}: ${ms.toFixed(0)} ms`);
    }
  }
  console.log(
    `${count} mutants, ${(bytes / 1e6).toFixed(0)} MB, ${broken} with problems, ${failures} failures, ` +
      `slowest ${slowest.toFixed(0)} ms, peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB, ` +
      `${((Date.now() - started) / 1000).toFixed(0)} s`,
  );

  const binary = join(work, "ast-oracle");
  execFileSync("go", ["build", "-o", binary, "."], { cwd: join(here, "oracle", "ast"), stdio: "inherit" });
  const verdicts = spawnSync(binary, [], { input: `${names.join("\n")}\n`, maxBuffer: 1 << 30 })
    .stdout.toString()
    .split("\n");
  const disagree = { missed: 0, extra: 0 };
  let errors = 0;
  names.forEach((name, i) => {
    const [verdict, , , message] = verdicts[i].split("\t");
    const valid = verdict === "ok";
    errors += valid ? 0 : 1;
    if (valid !== (accepted[i] && !tooNew[i])) {
      disagree[valid ? "extra" : "missed"]++;
      if (disagree.missed + disagree.extra <= 20) {
        const mine = parseFile(name, readFileSync(name)).problems[0];
        const what = mine === undefined ? "" : `${mine.pos}: ${mine.message}`;
        console.log(`${name}: go/parser says ${valid ? "ok" : message}; ours says ${what || "ok"}`);
      }
    }
  });
  console.log(
    `judged ${names.length}: go/parser rejects ${errors}, of these we accept ${disagree.missed}; ` +
      `it accepts ${names.length - errors}, of these we reject ${disagree.extra}`,
  );
  process.exitCode = failures > 0 ? 1 : 0;
}

main();
