/**
 * What the cache holds after edits: a copy of a module has bodies of its functions changed at random, and a run with the cache must say the same as one
 * without. Prints how long the one takes of the other.
 *
 *     npx tsx bench/cut-off.ts [path@version [steps [seed]]]      exit code 1 where two runs differ
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchModule } from "./corpus/fetch.ts";

const [module = "github.com/rqlite/rqlite/v8@v8.36.0", steps = "20", seed = "1"] = process.argv.slice(2);
const stanch = join(import.meta.dirname, "../dist/stanch.mjs");
const work = mkdtempSync(join(tmpdir(), "stanch-cut-off-"));
const tree = join(work, "tree");
cpSync(fetchModule(module, work), tree, { recursive: true });
spawnSync("chmod", ["-R", "u+w", tree]); // the module cache is read-only
const files = readdirSync(tree, { recursive: true, encoding: "utf8" })
  .filter((f) => f.endsWith(".go") && !f.endsWith("_test.go") && !/(?:^|\/)(?:testdata|vendor|[._])/.test(f))
  .sort();

/** The same numbers for the same seed: a linear congruential generator, of which the high bits are used. */
let state = Number(seed);
const below = (n: number): number => {
  state = (state * 1103515245 + 12345) % 2147483648;
  return Math.floor(state / 65536) % n;
};

/** What is put at the beginning of a body: nothing that matters, a way that is taken or not, no end. */
const additions = [
  "\t_ = 1",
  '\tif len("x") == 1 {\n\t\tpanic("no")\n\t}',
  '\tif len("x") == 2 {\n\t\treturn\n\t}',
  "\tfor {\n\t\tprintln()\n\t}",
];

/** Adds to the body of one function, or takes a call out of it: `defer f.Close()`, `wg.Wait()`. */
function edit(file: string): void {
  const path = join(tree, file);
  const lines = readFileSync(path, "utf8").split("\n");
  const heads = [...lines.keys()].filter((i) => /^func .*\{$/.test(lines[i]));
  if (heads.length === 0) return;
  const head = heads[below(heads.length)];
  const end = lines.indexOf("}", head);
  const calls = [...lines.keys()].filter(
    (i) => i > head && i < end && /^\t+(?:defer )?\w\S*\(.*\)$/.test(lines[i]) && !/[={}]/.test(lines[i]),
  );
  const kind = below(additions.length + 1);
  if (kind < additions.length) lines.splice(head + 1, 0, additions[kind]);
  else if (calls.length > 0) lines.splice(calls[below(calls.length)], 1);
  writeFileSync(path, lines.join("\n"));
}

interface Outcome {
  readonly said: string;
  readonly milliseconds: number;
}

function check(...args: string[]): Outcome {
  const { stdout } = spawnSync(process.execPath, [stanch, "check", "./...", "--format", "json", ...args], {
    cwd: tree,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, STANCH_CACHE: join(work, "cache"), GOFLAGS: "-mod=mod" },
  });
  const { stats, ...rest } = JSON.parse(stdout) as { stats: { milliseconds: number } };
  return { said: JSON.stringify(rest), milliseconds: stats.milliseconds };
}

let before = check();
let changed = 0;
let differ = 0;
const ratios: number[] = [];
for (let step = 0; step < Number(steps); step++) {
  for (let i = below(3); i >= 0; i--) edit(files[below(files.length)]);
  spawnSync("sleep", ["0.2"]); // younger than 100 ms, the cache would not trust them
  const [held, anew] = [check(), check("--no-cache")];
  if (held.said !== before.said) changed++;
  if (held.said !== anew.said) {
    differ++;
    console.log(`step ${step}: with the cache something else than without`);
  }
  ratios.push(held.milliseconds / anew.milliseconds);
  before = held;
}
ratios.sort((a, b) => a - b);
const median = ratios[Math.floor(ratios.length / 2)];
console.log(
  `${module}: ${steps} steps of one to three edits, ${changed} change what is said, ${differ} differ; with the cache ${median.toFixed(2)} of the time (${ratios[0].toFixed(2)}-${ratios[ratios.length - 1].toFixed(2)})`,
);
rmSync(work, { recursive: true, force: true });
if (differ > 0 || changed === 0) process.exitCode = 1;
