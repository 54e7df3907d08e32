/**
 * Whether findings keep their identity through the history of real repositories, and whether `--new-from` is quiet where
 * nothing was introduced:
 *
 *     npx tsx bench/baseline-history.ts [MODULE…] [--steps 50]
 *
 * Each history is made of consecutive released versions of a module, committed one after the other to a git repository below
 * bench/.work/history. What a finding is is judged without fingerprints: two findings of neighbouring versions are the same where rule,
 * package and the function's body (as tokens, without its name) are the same, and it is as many findings into that body. Such
 * findings were not touched. Printed: how many keep their fingerprint, how many the baseline takes for known, and what `--new-from`
 * reports of functions whose bodies did not change although the older version has the same finding.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { compareWithBaseline, entryOf } from "../src/check/baseline.ts";
import { introduced } from "../src/check/introduced.ts";
import type { CheckedFinding } from "../src/check/result.ts";
import { openRevision } from "../src/check/revision.ts";
import { check, type CheckOptions } from "../src/check/run.ts";
import { foldFormat } from "../src/diag/fingerprint.ts";
import { NodeKind } from "../src/go/syntax/ast.ts";
import { lineOf } from "../src/go/syntax/lines.ts";
import { parseFile } from "../src/go/syntax/parser.ts";
import { rules } from "../src/rules/registry.ts";

const args = process.argv.slice(2);
const at = args.indexOf("--steps");
const steps = at < 0 ? 50 : Number(args.splice(at, 2)[1]);
const modules =
  args.length > 0
    ? args
    : [
        "github.com/nats-io/nats-server/v2",
        "google.golang.org/grpc",
        "k8s.io/client-go",
        "github.com/prometheus/prometheus",
      ];
const work = join(import.meta.dirname, ".work/history");
mkdirSync(work, { recursive: true });

/** Dependencies are left out in all versions alike: what is in the machine's module cache must not make a difference. */
const env = { ...process.env, GOMODCACHE: join(work, "empty-cache"), GOFLAGS: "" };
const options: CheckOptions = { patterns: ["./..."], rules: rules.map((r) => r.id), load: { env }, fixes: false };

function versionsOf(module: string): string[] {
  const listed = execFileSync("go", ["list", "-m", "-versions", module], { cwd: work, encoding: "utf8" });
  const released = listed.trim().split(" ").slice(1);
  return released.filter((v) => !v.includes("-")).slice(-(steps + 1));
}

function sourceOf(module: string, version: string): string {
  const json = execFileSync("go", ["mod", "download", "-json", `${module}@${version}`], {
    cwd: work,
    encoding: "utf8",
  });
  return (JSON.parse(json) as { Dir: string }).Dir;
}

function git(dir: string, ...command: string[]): void {
  const who = ["-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "core.autocrlf=false"];
  execFileSync("git", [...who, ...command], { cwd: dir, stdio: "ignore" });
}

/** Makes the work tree what the version's is, and commits it. */
function advance(repo: string, source: string): void {
  for (const name of readdirSync(repo)) if (name !== ".git") rmSync(join(repo, name), { recursive: true, force: true });
  cpSync(source, repo, { recursive: true });
  spawnSync("chmod", ["-R", "u+w", repo]);
  git(repo, "add", "-A", "-f");
  git(repo, "commit", "-q", "--allow-empty", "-m", "next");
}

/** The finding by what was written, without the function's name: rule, package, body, and its number in that body. */
function identities(repo: string, findings: readonly CheckedFinding[]): Map<string, CheckedFinding> {
  const bodies = new Map<string, { from: number; to: number; text: string }[]>();
  const counts = new Map<string, number>();
  const out = new Map<string, CheckedFinding>();
  for (const f of findings) {
    let list = bodies.get(f.file);
    if (list === undefined) {
      const src = readFileSync(join(repo, f.file));
      const file = parseFile(f.file, src);
      list = file.decls.flatMap((d) =>
        d.kind === NodeKind.FuncDecl && d.body !== null
          ? [
              {
                from: lineOf(file, d.pos),
                to: lineOf(file, d.end),
                text: foldFormat(src.subarray(d.body.pos, d.end).toString()),
              },
            ]
          : [],
      );
      bodies.set(f.file, list);
    }
    const body = list.find((b) => f.line >= b.from && f.line <= b.to)?.text;
    if (body === undefined) continue;
    const key = `${f.rule}\0${f.package}\0${body}`;
    const n = counts.get(key) ?? 0;
    counts.set(key, n + 1);
    out.set(`${key}\0${n}`, f);
  }
  return out;
}

let [same, kept, known, quiet, reported, wrong] = [0, 0, 0, 0, 0, 0];
const widest = Math.max(...modules.map((m) => m.length));
console.log(
  `${"module".padEnd(widest)}  steps  untouched  same fingerprint  known to the baseline  steps with nothing new: quiet  reports of --new-from: wrong`,
);
for (const module of modules) {
  const repo = join(work, module.replaceAll("/", "_"));
  if (existsSync(repo)) rmSync(repo, { recursive: true });
  mkdirSync(repo, { recursive: true });
  git(repo, "init", "-q", "-b", "main");
  const row = { steps: 0, same: 0, kept: 0, known: 0, none: 0, quiet: 0, reported: 0, wrong: 0 };
  let before: { findings: readonly CheckedFinding[]; identities: Map<string, CheckedFinding> } | null = null;
  for (const version of versionsOf(module)) {
    advance(repo, sourceOf(module, version));
    const now = await check(repo, options);
    const findings = now.findings.filter((f) => !f.suppressed);
    const own = identities(repo, findings);
    if (before !== null) {
      row.steps++;
      const scope = { packages: new Set(now.packages), rules: new Set(options.rules) };
      const compared = compareWithBaseline(before.findings.map(entryOf), findings, scope);
      const knownNow = new Set(compared.known);
      const pairs = [...own].flatMap(([key, f]) => {
        const old = before?.identities.get(key);
        return old === undefined ? [] : [[old, f] as const];
      });
      row.same += pairs.length;
      row.kept += pairs.filter(([old, f]) => old.fingerprint === f.fingerprint).length;
      row.known += pairs.filter(([, f]) => knownNow.has(f)).length;
      const untouched = new Set(pairs.map(([, f]) => f));
      const fresh = (await introduced(repo, options, now, findings, openRevision(repo, "HEAD~1", false))).fresh;
      const bad = fresh.filter((f) => untouched.has(f));
      row.reported += fresh.length;
      row.wrong += bad.length;
      if (findings.every((f) => untouched.has(f))) {
        row.none++;
        if (fresh.length === 0) row.quiet++;
      }
      for (const f of process.env["STANCH_DEBUG"] === undefined ? bad : fresh)
        console.log(`  ${version} ${f.rule} ${f.file}:${f.line} ${f.function}${untouched.has(f) ? " UNTOUCHED" : ""}`);
    }
    before = { findings, identities: own };
  }
  console.log(
    `${module.padEnd(widest)}  ${String(row.steps).padStart(5)}  ${String(row.same).padStart(9)}  ${ratio(row.kept, row.same)}  ${ratio(row.known, row.same)}  ${row.quiet} of ${row.none}  ${row.reported}: ${row.wrong}`,
  );
  same += row.same;
  kept += row.kept;
  known += row.known;
  quiet += row.none - row.quiet;
  reported += row.reported;
  wrong += row.wrong;
}
console.log(
  `all: ${kept} of ${same} untouched findings keep their fingerprint (${ratio(kept, same)}), ${known} are known to the baseline; ` +
    `${quiet} steps that introduced nothing made a report; ${wrong} of ${reported} reports were of untouched code`,
);
process.exit(kept / same >= 0.99 && known / same >= 0.99 && quiet === 0 && wrong === 0 ? 0 : 1);

function ratio(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(2)} %`;
}
