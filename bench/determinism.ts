/**
 * The same findings in the same order, whoever computes them: one worker and four, without a cache, with a cold and a warm one, and again; each
 * package once more after all others were read, and each of its files by itself, as the language server asks.
 *
 *     npx tsx bench/determinism.ts [path@version …]      exit code 1 where two of the runs differ
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Analyst } from "../src/check/analyst.ts";
import { declaredBy } from "../src/check/declared.ts";
import type { CheckedFinding } from "../src/check/result.ts";
import { Loader } from "../src/go/load/loader.ts";
import { rules } from "../src/rules/registry.ts";

const here = import.meta.dirname;
const work = join(here, ".work/corpus");
mkdirSync(work, { recursive: true });
const stanch = join(here, "../dist/stanch.mjs");
const asked = process.argv.slice(2);
const modules =
  asked.length > 0
    ? asked
    : ["google.golang.org/grpc@v1.76.0", "github.com/minio/minio-go/v7@v7.0.95", "github.com/hibiken/asynq@v0.26.0"];

/** Packages and files that say something else when they are asked again. */
function unstableIn(dir: string): string[] {
  const loader = Loader.open(dir, {});
  const setup = { dir, load: {}, rules: rules.map((r) => r.id), generated: false, declared: declaredBy(null) };

  const analyst = new Analyst(loader, { ...setup, budget: Infinity });
  const text = (findings: readonly CheckedFinding[]): string => JSON.stringify(findings);
  const { packages } = loader.match(["./..."]);
  const first = packages.map((pkg) => [pkg, analyst.analyzeUntried(pkg).findings] as const);
  const out: string[] = [];
  for (const [pkg, findings] of first) {
    if (text(analyst.analyzeUntried(pkg).findings) !== text(findings)) out.push(pkg.path);
    for (const file of pkg.files) {
      const own = findings.filter((f) => f.file === file);
      if (text(analyst.analyzeUntried(pkg, new Set([file])).findings) !== text(own)) out.push(file);
    }
  }
  return out;
}

let differs = false;
for (const module of modules) {
  const json = execFileSync("go", ["mod", "download", "-json", module], { cwd: work, encoding: "utf8" });
  const { Dir } = JSON.parse(json) as { Dir: string };
  const cache = mkdtempSync(join(tmpdir(), "stanch-same-"));
  const findings = (...args: string[]): string => {
    const { stdout } = spawnSync(process.execPath, [stanch, "check", "./...", "--format", "json", ...args], {
      cwd: Dir,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      env: { ...process.env, STANCH_CACHE: cache },
    });
    return JSON.stringify((JSON.parse(stdout) as { findings: unknown }).findings);
  };
  const runs: [string, string][] = [
    ["1 worker, no cache", findings("--jobs", "1", "--no-cache")],
    ["4 workers, no cache", findings("--jobs", "4", "--no-cache")],
    ["4 workers, no cache, again", findings("--jobs", "4", "--no-cache")],
    ["4 workers, cold cache", findings("--jobs", "4")],
    ["4 workers, warm cache", findings("--jobs", "4")],
    ["1 worker, warm cache", findings("--jobs", "1")],
  ];
  const [, first] = runs[0];
  const others = runs.filter(([, text]) => text !== first).map(([name]) => name);
  console.log(
    `${module}: ${others.length === 0 ? `${runs.length} runs, the same findings` : `differ: ${others.join("; ")}`}`,
  );
  const unstable = unstableIn(Dir);
  console.log(
    `  packages read again, files by themselves: ${unstable.length === 0 ? "the same" : unstable.join("; ")}`,
  );
  differs ||= others.length > 0 || unstable.length > 0;
  rmSync(cache, { recursive: true });
}
process.exit(differs ? 1 : 0);
