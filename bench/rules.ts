/**
 * How often the rules are right: runs `check` on the pinned modules of bench/corpus/modules.txt and joins every error and
 * warning with its label in bench/corpus/labels.tsv.
 *
 *     npm run bench:rules                    the table; fails where precision falls below bench/corpus/recorded.json
 *     npm run bench:rules -- --unlabelled    also lists what has no label yet, as lines for labels.tsv
 *     npm run bench:rules -- --record        writes the figures as the ones to hold
 *
 * A label is `right` (a maintainer would act on it), `wrong`, or `minor` (true, and not worth anybody's time), with a reason.
 * It is found by module, rule and fingerprint, so that it outlives edits of the rules' texts.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Finding {
  readonly rule: string;
  readonly severity: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly fingerprint: string;
}

const here = import.meta.dirname;
const corpus = join(here, "corpus");
const work = join(here, ".work/corpus");
mkdirSync(work, { recursive: true });
const stanch = join(here, "../dist/stanch.mjs");
if (!existsSync(stanch)) throw new Error("dist/stanch.mjs is missing: npm run build");
const listUnlabelled = process.argv.includes("--unlabelled");

const lines = (file: string): string[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((l) => l !== "" && !l.startsWith("#"))
    : [];
const modules = lines(join(corpus, "modules.txt"));
const labels = new Map<string, string>();
for (const line of lines(join(corpus, "labels.tsv"))) {
  const [module, rule, fingerprint, label] = line.split("\t");
  if (label !== "right" && label !== "wrong" && label !== "minor") throw new Error(`no such label: ${line}`);
  labels.set(`${module}\t${rule}\t${fingerprint}`, label);
}

/** The module's folder in the cache, its dependencies fetched as far as they are to be had. */
function fetch(module: string): string {
  const json = execFileSync("go", ["mod", "download", "-json", module], { cwd: work, encoding: "utf8" });
  const { Dir } = JSON.parse(json) as { Dir: string };
  spawnSync("go", ["mod", "download"], { cwd: Dir, stdio: "ignore" }); // replaced siblings may be missing: go on without
  return Dir;
}

const tally = new Map<string, { right: number; wrong: number; minor: number; unlabelled: number }>();
for (const module of modules) {
  const dir = fetch(module);
  const { stdout, status } = spawnSync(process.execPath, [stanch, "check", "./...", "--format", "json"], {
    cwd: dir,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0 && status !== 1) throw new Error(`stanch check failed on ${module} (exit ${status})`);
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
  for (const f of findings) {
    if (f.severity === "note") continue;
    const row = tally.get(f.rule) ?? { right: 0, wrong: 0, minor: 0, unlabelled: 0 };
    tally.set(f.rule, row);
    const label = labels.get(`${module}\t${f.rule}\t${f.fingerprint}`);
    if (label === "right" || label === "wrong" || label === "minor") row[label]++;
    else {
      row.unlabelled++;
      if (listUnlabelled)
        console.log([module, f.rule, f.fingerprint, "?", `${f.file}:${f.line}`, f.message].join("\t"));
    }
  }
  process.stderr.write(`${module}: ${findings.length}\n`);
}

const recordedFile = join(corpus, "recorded.json");
const recorded = (existsSync(recordedFile) ? JSON.parse(readFileSync(recordedFile, "utf8")) : {}) as Record<
  string,
  number
>;
const now: Record<string, number> = {};
const total = { right: 0, wrong: 0, minor: 0, unlabelled: 0 };
let failed = false;
console.log("| rule | right | wrong | not worth it | unlabelled | precision |\n|---|---|---|---|---|---|");
const print = (name: string, row: typeof total): void => {
  const judged = row.right + row.wrong + row.minor;
  const precision = judged === 0 ? 1 : row.right / judged;
  now[name] = Number(precision.toFixed(3));
  const floor = recorded[name] ?? 0;
  const below = now[name] < floor;
  failed ||= below;
  const note = below ? `, recorded ${(100 * floor).toFixed(1)}` : "";
  console.log(
    `| ${name} | ${row.right} | ${row.wrong} | ${row.minor} | ${row.unlabelled} | ${(100 * precision).toFixed(1)} %${note} |`,
  );
};
for (const [rule, row] of [...tally].sort(([a], [b]) => (a < b ? -1 : 1))) {
  print(rule, row);
  for (const key of ["right", "wrong", "minor", "unlabelled"] as const) total[key] += row[key];
}
print("all", total);
if (process.argv.includes("--record")) writeFileSync(recordedFile, `${JSON.stringify(now, null, 2)}\n`);
else if (failed) {
  console.log("a figure fell below the recorded one");
  process.exit(1);
}
