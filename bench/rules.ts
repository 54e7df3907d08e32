/**
 * How often the rules are right, and how much they find: runs `check` on the pinned modules of bench/corpus/modules.txt, joins
 * every error and warning with its label in labels.tsv, and runs it on both sides of the mended leaks of pairs.tsv.
 *
 *     npm run bench:rules                    the tables; fails where a figure falls below bench/corpus/recorded.json
 *     npm run bench:rules -- --unlabelled    also lists what has no label yet, as lines for labels.tsv
 *     npm run bench:rules -- --record        writes the figures as the ones to hold, and into the documents' tables
 *     npm run bench:rules -- --only grpc     modules whose name holds the text (nothing is compared)
 *     npm run bench:rules -- --drawn         modules drawn by lot, as far as they were labelled at first sight (nothing is compared)
 *     npm run bench:rules -- --drawn --pairs the second lot of mended leaks, with what is there of their dependencies (nothing is compared)
 *     npm run bench:rules -- --pairs         the mended leaks alone (nothing is compared)
 *     npm run bench:rules -- --kept          modules that this very build has been run on already (nothing is compared)
 *
 * A label is `right` (a maintainer would act on it), `wrong`, or `minor` (true, and not worth anybody's time), with a reason.
 * It is found by module, rule and fingerprint, so that it outlives edits of the rules' texts. Precision is right / all labelled, on
 * production files (bench/corpus/production.ts); recall is what is found of the real leaks that are known: those labelled right, those
 * of missed.tsv that other tools find, and the pairs from threads.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fetchModule } from "./corpus/fetch.ts";
import { type Figures, none, percent, precisionOf, recallOf, record, recorded, totalOf } from "./corpus/figures.ts";
import { isProduction } from "./corpus/production.ts";
import { labelKey, labels, missed, modules, pairs } from "./corpus/tables.ts";

interface Finding {
  readonly rule: string;
  readonly severity: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly function: string | null;
  readonly fingerprint: string;
  readonly path: readonly { readonly file: string; readonly line: number }[];
}

const here = import.meta.dirname;
const work = join(here, ".work/corpus");
mkdirSync(work, { recursive: true });
const stanch = join(here, "../dist/stanch.mjs");
if (!existsSync(stanch)) throw new Error("dist/stanch.mjs is missing: npm run build");
const listUnlabelled = process.argv.includes("--unlabelled");
const pairsOnly = process.argv.includes("--pairs");
const keptOnly = process.argv.includes("--kept");
const drawn = process.argv.includes("--drawn");
const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : null;

/** What this very build said of a module is kept, so that a second run only joins labels. */
const build = createHash("sha256");
for (const file of readdirSync(join(here, "../dist"), { recursive: true, encoding: "utf8" }).sort())
  if (file.endsWith(".mjs")) build.update(readFileSync(join(here, "../dist", file)));
// Zips of modules hold vendor/modules.txt and nothing of what it lists.
process.env["GOFLAGS"] = "-mod=mod";
const results = join(work, "results", build.digest("hex").slice(0, 16));
mkdirSync(results, { recursive: true });

/** Where what this build said of a module, or of one package of it, is kept. */
const keptFile = (key: string): string => join(results, `${key.replaceAll("/", "_")}${drawn ? ".drawn" : ""}.json`);

const checked = new Map<string, readonly Finding[]>();
function findingsOf(module: string, pattern = "./..."): readonly Finding[] {
  const key = pattern === "./..." ? module : `${module}/${pattern}`;
  let findings = checked.get(key);
  if (findings === undefined) {
    const kept = keptFile(key);
    if (!existsSync(kept)) {
      const args = [stanch, "check", pattern, "--no-cache", "--format", "json"];
      const { stdout, status } = spawnSync(process.execPath, args, {
        cwd: fetchModule(module, work, drawn),
        env: drawn ? { ...process.env, GOPROXY: "off" } : process.env,
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      if ((status !== 0 && status !== 1) || stdout === "")
        throw new Error(`stanch check failed on ${module} (exit ${status})`);
      writeFileSync(kept, stdout);
    }
    ({ findings } = JSON.parse(readFileSync(kept, "utf8")) as { findings: readonly Finding[] });
    checked.set(key, findings);
    process.stderr.write(`${key}: ${findings.length}\n`);
  }
  return findings;
}

type Row = { -readonly [K in keyof Figures]: number } & { unlabelled: number };
const empty = (): Row => ({ ...none, unlabelled: 0 });
const production = new Map<string, Row>();
const support = empty();
const rowOf = (rule: string): Row => {
  const row = production.get(rule) ?? empty();
  production.set(rule, row);
  return row;
};

const known = labels(drawn ? "drawn.tsv" : "labels.tsv");
const named = drawn ? [...new Set([...known.values()].map((l) => l.module))] : modules();
const chosen = (module: string): boolean => only === null || module.includes(only);
const isKept = (module: string): boolean => existsSync(keptFile(module));
function isServed(module: string): boolean {
  try {
    fetchModule(module, work, true);
    return true;
  } catch {
    console.log(`${module}: cannot be fetched, left out`);
    return false;
  }
}
/** Real leaks of production files that were reported once and are not any more, not even as a note. */
const lost: string[] = [];
/** Those that are told, and stop nobody: they count as found, and as nothing in the precision. */
const quiet: string[] = [];
for (const module of pairsOnly ? [] : named.filter((m) => chosen(m) && (!keptOnly || isKept(m)))) {
  // The modules of the corpus are pinned for being served; those drawn came out of a cache, and some are served no longer.
  if (drawn && !isKept(module) && !isServed(module)) continue;
  const gone = new Map([...known].filter(([, l]) => l.module === module && l.label === "right"));
  for (const f of findingsOf(module)) {
    const key = labelKey(module, f.rule, f.fingerprint);
    gone.delete(key);
    const label = known.get(key)?.label;
    if (f.severity === "note") {
      if (label === "right" && isProduction(f.file)) quiet.push(`${module} ${f.rule} ${f.file}:${f.line}`);
      continue;
    }
    const row = isProduction(f.file) ? rowOf(f.rule) : support;
    if (label !== undefined) row[label]++;
    else {
      row.unlabelled++;
      if (listUnlabelled)
        console.log([module, f.rule, f.fingerprint, "?", `${f.file}:${f.line}`, f.message].join("\t"));
    }
  }
  for (const { rule, place } of gone.values()) {
    if (!isProduction(place.replace(/:\d+$/, ""))) continue;
    rowOf(rule).missed++;
    lost.push(`${module} ${rule} ${place}`);
  }
}
if (!pairsOnly && !drawn) for (const { module, rule } of missed()) if (chosen(module)) rowOf(rule).missed++;

/** A step of the finding's path stands on a line that holds the text. */
function leavesAt(module: string, { path }: Finding, text: string): boolean {
  const dir = fetchModule(module, work);
  return path.some((step) => readFileSync(join(dir, step.file), "utf8").split("\n")[step.line - 1].includes(text));
}

/** How a mended leak is told. A note is not counted as found: it stops nobody. */
enum Told {
  Not,
  AsNote,
  InFull,
}

let failed = false;
/** Pairs that were found as reports that a later version mends. */
const ownPairs = { pairs: 0, found: 0 };
const tellPairs: string[] = [];
const sideOf = (module: string, file: string): string => `${module}/./${dirname(file)}`;
for (const p of pairs(drawn ? "drawn-pairs.tsv" : "pairs.tsv").filter(
  (x) =>
    (!drawn || pairsOnly) &&
    chosen(x.before) &&
    (!keptOnly || [x.before, x.after].every((m) => isKept(sideOf(m, x.file)))),
)) {
  // The package alone: what it calls is read on demand.
  const at = (module: string): Told => {
    const there = findingsOf(module, `./${dirname(p.file)}`).filter(
      (f) =>
        f.rule === p.rule &&
        f.file === p.file &&
        [f.function ?? "", (f.function ?? "").replace(/(?:\.func\d+)+$/, "")].some((name) =>
          name.endsWith(p.function),
        ) &&
        (p.exit === "" || leavesAt(module, f, p.exit)),
    );
    return there.length === 0 ? Told.Not : there.every((f) => f.severity === "note") ? Told.AsNote : Told.InFull;
  };
  const [before, after] = [at(p.before), at(p.after)];
  const found = before === Told.InFull && after !== Told.InFull;
  const isThread = p.note.startsWith("thread");
  const counts = !isThread ? ownPairs : isProduction(p.file) ? rowOf(p.rule) : support;
  counts.pairs++;
  if (found) counts.found++;
  const as =
    before === Told.Not
      ? "not found"
      : before === Told.AsNote
        ? "a note"
        : `found, ${found ? "gone" : "and still there"} after the fix`;
  tellPairs.push(`| ${p.before} | ${p.after} | ${p.rule} | ${p.file} ${p.function} | ${as} |`);
  if (p.found && !found) failed = true;
}

const figuresOf = ({ right, wrong, minor, missed: gone, pairs: known, found }: Row): Figures => ({
  right,
  wrong,
  minor,
  missed: gone,
  pairs: known,
  found,
});
const inOrder = [...production].sort(([a], [b]) => (a < b ? -1 : 1));
const rules = Object.fromEntries(inOrder.map(([rule, row]) => [rule, figuresOf(row)]));
const held = drawn ? null : recorded();
/** A figure, and whether it fell. */
const hold = (now: number | null, before: number | null): string => {
  if (now === null || before === null || now >= before) return percent(now);
  failed = true;
  return `${percent(now)} (recorded ${percent(before)})`;
};
const print = (name: string, now: Figures, unlabelled: number, before: Figures): void =>
  console.log(
    `| ${name} | ${now.right} | ${now.wrong} | ${now.minor} | ${unlabelled} | ${hold(precisionOf(now), precisionOf(before))} | ${now.missed} | ${now.found} of ${now.pairs} | ${hold(recallOf(now), recallOf(before))} |`,
  );
console.log("| rule | right | wrong | not worth it | unlabelled | precision | missed | mended leaks | recall |");
console.log("|---|---|---|---|---|---|---|---|---|");
for (const [rule, row] of Object.entries(rules)) print(rule, row, rowOf(rule).unlabelled, held?.rules[rule] ?? none);
const unlabelled = [...production.values()].reduce((sum, row) => sum + row.unlabelled, 0);
print("all", totalOf(rules), unlabelled, totalOf(held?.rules ?? {}));
console.log(
  `\nTests, helpers, examples and scripts: ${support.right} right, ${support.wrong} wrong, ${support.minor} not worth it, ${support.unlabelled} unlabelled.`,
);
if (quiet.length > 0) console.log(`\nRight, and told as a note (${quiet.length}):\n${quiet.join("\n")}`);
if (lost.length > 0) console.log(`\nRight, and not reported any more:\n${lost.join("\n")}`);
if (tellPairs.length > 0) {
  console.log("\n| before | after | rule | where | |\n|---|---|---|---|---|");
  for (const line of tellPairs) console.log(line);
  const { pairs: of, found } = totalOf(rules);
  console.log(
    `\nMended leaks: ${found} of ${of} from threads (and ${support.found} of ${support.pairs} in tests and their helpers), ${ownPairs.found} of ${ownPairs.pairs} of our own`,
  );
}
if (process.argv.includes("--record") && !drawn) record({ rules, ownPairs });
else if (failed && !drawn && only === null && !pairsOnly && !keptOnly) {
  console.log("a figure fell below the recorded one");
  process.exit(1);
}
