/**
 * Parse and full walk on one thread, ours beside go/parser's (comments kept, object resolution skipped), in one run.
 *
 *     npx tsx bench/parse.ts [DIR…] [--modules] [--rounds N]
 *
 * DIR: GOROOT/src by default; --modules: those of bench/modules.ts.
 *
 * Rounds are interleaved; per round the time of go/parser is divided by ours. Printed: the median ratio (above 1: ours
 * is faster) with its spread, and megabytes (10^6 source bytes) per second, reading excluded. go/parser runs twice: with
 * one P (GOMAXPROCS=1: its garbage collector shares the core) and with all (the collector gets the others).
 * The parser is measured as it ships: bundled by esbuild, in a process of its own with V8's defaults and then with
 * the young generation the analysis workers use.
 */
import { buildSync } from "esbuild";
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { moduleFolders } from "./modules.ts";

const here = dirname(fileURLToPath(import.meta.url));
const work = join(here, ".work");

function goFiles(path: string, found: string[]): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const name = join(path, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "testdata") {
        goFiles(name, found);
      }
    } else if (entry.isFile() && entry.name.endsWith(".go") && !/\s/.test(name)) {
      found.push(name);
    }
  }
}

/** A process that parses everything once for each line it is sent, and answers "NANOSECONDS NODES". */
class Contender {
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly waiting: ((line: string) => void)[] = [];
  readonly times: number[] = [];
  nodes = 0;

  constructor(
    readonly name: string,
    command: string,
    args: string[],
    env: Record<string, string> = {},
  ) {
    this.process = spawn(command, args, { env: { ...process.env, ...env } });
    this.process.stderr.pipe(process.stderr);
    createInterface({ input: this.process.stdout }).on("line", (line) => this.waiting.shift()?.(line));
  }

  async round(keep: boolean): Promise<void> {
    const line = await new Promise<string>((resolve) => {
      this.waiting.push(resolve);
      this.process.stdin.write("\n");
    });
    const [time, nodes] = line.split(" ").map(Number);
    this.nodes = nodes;
    if (keep) {
      this.times.push(time);
    }
  }

  stop(): void {
    this.process.stdin.end();
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const flag = args.indexOf("--rounds");
  const rounds = flag >= 0 ? Number(args.splice(flag, 2)[1]) : 7;
  const goroot = execFileSync("go", ["env", "GOROOT"]).toString().trim();
  const modules = args.indexOf("--modules");
  if (modules >= 0) {
    args.splice(modules, 1, ...moduleFolders());
  }
  const files: string[] = [];
  for (const dir of args.length > 0 ? args : [join(goroot, "src")]) {
    goFiles(dir, files);
  }
  let bytes = 0;
  for (const file of files) {
    bytes += statSync(file).size;
  }
  mkdirSync(work, { recursive: true });
  const list = join(work, "parse-files.txt");
  writeFileSync(list, files.join("\n"));
  const peer = join(work, "parsebench");
  execFileSync("go", ["build", "-o", peer, "."], { cwd: join(here, "oracle", "parsebench"), stdio: "inherit" });
  const script = join(work, "parse-runner.mjs");
  buildSync({
    entryPoints: [join(here, "parse-runner.ts")],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    minifySyntax: true,
  });

  const contenders = [
    new Contender("go/parser, GOMAXPROCS=1", peer, [list], { GOMAXPROCS: "1" }),
    new Contender("go/parser, all cores", peer, [list]),
    new Contender("ours", process.execPath, [script, list]),
    new Contender("ours, 64 MB young generation", process.execPath, ["--max-semi-space-size=64", script, list]),
  ];
  for (let round = -2; round < rounds; round++) {
    for (const contender of contenders) {
      await contender.round(round >= 0);
    }
  }
  console.log(`${files.length} files, ${(bytes / 1e6).toFixed(1)} MB, ${rounds} rounds`);
  for (const { name, times, nodes } of contenders) {
    const rate = (t: number): string => ((bytes / t) * 1e3).toFixed(1);
    console.log(
      `${name.padEnd(32)} ${rate(median(times))} MB/s (${rate(Math.max(...times))}-${rate(Math.min(...times))}), ${nodes} nodes`,
    );
  }
  for (const mine of contenders.slice(2)) {
    for (const theirs of contenders.slice(0, 2)) {
      const ratios = theirs.times.map((t, i) => t / mine.times[i]);
      console.log(
        `ratio ${mine.name} : ${theirs.name} = ${median(ratios).toFixed(2)} ` +
          `(${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`,
      );
    }
  }
  contenders.forEach((c) => c.stop());
}

await main();
