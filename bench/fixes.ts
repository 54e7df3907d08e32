/**
 * Whether every fix that is offered on the corpus holds up before Go's own tools:
 *
 *     npx tsx bench/fixes.ts [MODULE@VERSION…] [--no-build]
 *
 * In a copy of each module of bench/corpus/modules.txt all fixes are applied, as `stanch check --fix` does. Then: the findings are
 * gone and none has come; gofmt leaves the new lines as they are; `go build` and `go vet` take the packages that were changed (where one
 * fails, whether it failed before is looked up: siblings of some modules are not in the proxy). Prints fixes per rule.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { applyEdits, byFile } from "../src/check/edits.ts";
import { tryFixes } from "../src/check/fixes.ts";
import { check, type CheckOptions } from "../src/check/run.ts";
import { rules } from "../src/rules/registry.ts";

const args = process.argv.slice(2);
const builds = !args.includes("--no-build");
const named = args.filter((a) => !a.startsWith("--"));
const here = import.meta.dirname;
const work = join(here, ".work/fixes");
mkdirSync(work, { recursive: true });
const modules =
  named.length > 0
    ? named
    : readFileSync(join(here, "corpus/modules.txt"), "utf8")
        .split("\n")
        .filter((l) => l !== "" && !l.startsWith("#"));
const options: CheckOptions = { patterns: ["./..."], rules: rules.map((r) => r.id) };
const tally = new Map<string, { findings: number; offered: number; applied: number }>();
const count = (rule: string, key: "findings" | "offered" | "applied"): void => {
  const row = tally.get(rule) ?? { findings: 0, offered: 0, applied: 0 };
  row[key]++;
  tally.set(rule, row);
};
let failures = 0;
let unbuildable = 0;
let built = 0;

// A whole run takes hours: what is known by then is told.
process.on("SIGTERM", () => {
  summary();
  process.exit(1);
});
for (const module of modules) {
  // Lets a signal in: all else here is one long call after another.
  await new Promise((done) => setImmediate(done));
  const json = execFileSync("go", ["mod", "download", "-json", module], { cwd: work, encoding: "utf8" });
  const source = (JSON.parse(json) as { Dir: string }).Dir;
  const dir = join(work, module.replaceAll("/", "_"));
  if (existsSync(dir)) rmSync(dir, { recursive: true, force: true });
  cpSync(source, dir, { recursive: true });
  spawnSync("chmod", ["-R", "u+w", dir]);
  const before = await check(dir, options);
  const open = before.findings.filter((f) => !f.suppressed);
  const offered = open.filter((f) => f.fix !== null);
  for (const f of open) count(f.rule, "findings");
  for (const f of offered) count(f.rule, "offered");
  const fail = (what: string): void => {
    failures++;
    console.log(`  FAIL ${module}: ${what}`);
  };

  // One at a time: what gofmt says of the new lines.
  for (const f of offered) {
    for (const [file, edits] of byFile([f])) {
      const text = readFileSync(join(dir, file));
      const clean = gofmt(text) === text.toString();
      const after = Buffer.from(applyEdits(text, edits));
      const formatted = gofmt(after);
      const added = edits.flatMap((e) => e.text.split("\n").filter((l) => l.trim() !== ""));
      if (formatted === null) fail(`${f.file}:${f.line} ${f.rule}: does not parse with the fix`);
      else if (clean ? formatted !== after.toString() : !added.every((l) => formatted.includes(l)))
        fail(`${f.file}:${f.line} ${f.rule}: gofmt changes the new lines`);
    }
  }

  // All at once.
  const { files, fixed, refused } = tryFixes(dir, options, offered);
  for (const f of fixed) count(f.rule, "applied");
  for (const f of refused) fail(`${relative(dir, f.file)}:${f.line} ${f.rule}: offered and then not taken`);
  for (const { file, after } of files) writeFileSync(file, after);
  const rest = (await check(dir, options)).findings.filter((f) => !f.suppressed);
  // What is neither applied nor refused went with another's edit, or is still there: then somebody must look.
  const unmended = offered.filter((f) => rest.some((r) => r.rule === f.rule && r.fingerprint === f.fingerprint));
  for (const f of unmended)
    if (!refused.some((r) => r.fingerprint === f.fingerprint))
      fail(`${f.file}:${f.line} ${f.rule}: offered, not refused, and still there`);
  if (rest.length > open.length - fixed.length)
    fail(`${open.length} findings, ${fixed.length} mended, and ${rest.length} are left`);
  const packages = [...new Set(files.map((f) => `./${relative(dir, dirname(f.file))}`))];
  let result = "not built";
  if (builds && packages.length > 0) {
    const bad: string[] = [];
    let unknown = 0;
    for (const p of packages) {
      const errors = complaints(dir, p);
      if (errors === "") {
        built++;
        continue;
      }
      for (const f of files) writeFileSync(f.file, f.before);
      const old = complaints(dir, p);
      for (const f of files) writeFileSync(f.file, f.after);
      if (old === "") bad.push(`${p}:\n${errors}`);
      else if (withoutLines(old) === withoutLines(errors)) unknown++;
      else bad.push(`${p} (before: ${old.split("\n").length} lines):\n${errors}`);
    }
    for (const b of bad) fail(b);
    unbuildable += unknown;
    result = `${packages.length - bad.length - unknown} of ${packages.length} packages built and vetted${unknown > 0 ? `, ${unknown} complained of the same before` : ""}`;
  }
  console.log(
    `${module}: ${open.length} findings, ${offered.length} fixes offered, ${fixed.length} applied, ${offered.length - fixed.length - unmended.length} mended along with another; ${result}`,
  );
  rmSync(dir, { recursive: true, force: true });
}

summary();
process.exit(failures === 0 ? 0 : 1);

function summary(): void {
  const width = Math.max(...[...tally.keys()].map((k) => k.length), 4);
  console.log(`\n${"rule".padEnd(width)}  findings  with a fix  applied`);
  for (const [rule, row] of [...tally].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(
      `${rule.padEnd(width)}  ${String(row.findings).padStart(8)}  ${String(row.offered).padStart(10)}  ${String(row.applied).padStart(7)}`,
    );
  const sum = (key: "findings" | "offered" | "applied"): number => [...tally.values()].reduce((n, r) => n + r[key], 0);
  console.log(
    `all: ${sum("findings")} findings, ${sum("offered")} with a fix, ${sum("applied")} applied; ${built} changed packages built and vetted, ${unbuildable} could not be before either; ${failures} failures`,
  );
}

function gofmt(text: Uint8Array): string | null {
  const { status, stdout } = spawnSync("gofmt", [], { input: text, maxBuffer: 1 << 28 });
  return status === 0 ? stdout.toString() : null;
}

function complaints(dir: string, pkg: string): string {
  const env = { ...process.env, GOFLAGS: "-mod=mod", GOWORK: "off" };
  const run = (command: string[]): string => {
    const { status, stderr } = spawnSync("nice", ["-n", "10", "go", ...command], { cwd: dir, env, maxBuffer: 1 << 28 });
    return status === 0 ? "" : stderr.toString().trim();
  };
  return run(["build", "-o", "/dev/null", pkg]) || run(["vet", pkg]);
}

/** Lines move by what is added. */
function withoutLines(text: string): string {
  return text.replace(/^go: downloading .*\n/gm, "").replace(/:\d+(?::\d+)?/g, "");
}
