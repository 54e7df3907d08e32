/**
 * Whether every fix that is offered on the corpus holds up before Go's own tools:
 *
 *     npx tsx bench/fixes.ts [MODULE@VERSION…]      all of bench/corpus/modules.txt, or these
 *     npx tsx bench/fixes.ts --no-build             without the compiler: minutes instead of hours
 *     npx tsx bench/fixes.ts --kept                 what is known already, and nothing else
 *     npx tsx bench/fixes.ts --again                asks Go again where it has answered
 *
 * All fixes of a module are applied, as `stanch check --fix` does. Then: the findings are gone and none has come that is as bad; gofmt leaves
 * the new lines as they are; the packages that were changed pass Go's type checker and vet's analyses, and then its compiler and `go vet` (where
 * one does not, whether it did before is looked up: siblings of some modules are not in the proxy). Each module's result is kept in
 * bench/.work/fixes (fixes/ledger.ts), with its patch: a run goes on where one was ended, and Go is asked again only of what has changed.
 * Modules with few dependencies come first. Prints fixes by rule.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fetchModule } from "./corpus/fetch.ts";
import { modules as corpus } from "./corpus/tables.ts";
import { type ChangedPackage, Ledger, type ModuleResult, type RuleCount } from "./fixes/ledger.ts";
import { TypeCheck } from "./fixes/type-check.ts";
import { goVersion, Toolchain } from "./fixes/toolchain.ts";
import { tryModule } from "./fixes/trial.ts";

const args = process.argv.slice(2);
const builds = !args.includes("--no-build") && !args.includes("--kept");
const here = import.meta.dirname;
const work = join(here, ".work/fixes");
mkdirSync(work, { recursive: true });
// Zips of modules hold vendor/modules.txt and nothing of what it lists.
process.env["GOFLAGS"] = "-mod=mod";
const named = args.filter((a) => !a.startsWith("--"));
const modules = named.length > 0 ? named : corpus();
const ledgerFile = join(work, "results.jsonl");
if (args.includes("--again")) rmSync(ledgerFile, { force: true });
const ledger = new Ledger(ledgerFile);
const state = stateOfSources();
const version = goVersion();
const results = new Map<string, ModuleResult>();
const verdicts: Readonly<Record<string, string>> = {
  compiled: "compile and pass vet",
  typed: "pass the type checker and vet's analyses, not compiled",
  unbuildable: "did not before either",
  refused: "refused",
  open: "not asked",
};

// A whole run takes hours: what is known by then is told.
process.on("SIGTERM", () => {
  summary();
  process.exit(1);
});
const folders = new Map<string, string>();
for (const module of modules) {
  // Lets a signal in.
  await new Promise((done) => setImmediate(done));
  let result = ledger.find(module, state);
  if (result === null && !args.includes("--kept")) {
    result = await tryModule(module, state, folderOf(module), placeOf(module));
    for (const p of result.packages) ledger.recall(module, p, version);
    ledger.keep(result);
    tell(result);
  }
  if (result === null) continue;
  for (const p of result.packages) ledger.recall(module, p, version);
  results.set(module, result);
}
if (!args.includes("--kept")) {
  const open = [...results.values()].filter((r) => r.packages.some((p) => p.types === null));
  const typeCheck = open.length === 0 ? null : new TypeCheck(work, version);
  for (const result of open) {
    await new Promise((done) => setImmediate(done));
    typeCheck?.judge(folderOf(result.module), join(placeOf(result.module), "files"), result.packages);
    ledger.keep(result);
    tell(result);
  }
}
if (builds) {
  const toolchain = new Toolchain(work, version);
  const open = [...results.values()].filter((r) => r.packages.some((p) => p.go === null));
  for (const result of open.sort((a, b) => dependencies(a.module) - dependencies(b.module))) {
    await new Promise((done) => setImmediate(done));
    const { module } = result;
    const started = performance.now();
    toolchain.judge(folderOf(module), join(placeOf(module), "files"), result.packages);
    ledger.keep(result);
    tell(result, (performance.now() - started) / 1000);
  }
}
process.exit(summary() ? 0 : 1);

function folderOf(module: string): string {
  const dir = folders.get(module) ?? fetchModule(module, work);
  folders.set(module, dir);
  return dir;
}

function placeOf(module: string): string {
  return join(work, "after", module.replaceAll("/", "_"));
}

/** Lines of its go.sum: small trees are built first. */
function dependencies(module: string): number {
  const sums = ["go.sum", "vendor.sum"].map((f) => join(folderOf(module), f)).find((f) => existsSync(f));
  return sums === undefined ? 0 : readFileSync(sums, "utf8").split("\n").length;
}

/** What the findings and fixes rest on: everything below src that no test is. */
function stateOfSources(): string {
  const hash = createHash("sha256");
  const src = join(here, "../src");
  for (const file of readdirSync(src, { recursive: true, encoding: "utf8" }).sort())
    if (/\.(?:ts|json)$/.test(file) && !file.endsWith(".test.ts"))
      hash.update(`${file}\0`).update(readFileSync(join(src, file)));
  return hash.digest("hex").slice(0, 16);
}

function total(result: ModuleResult): RuleCount {
  const sum = { findings: 0, offered: 0, applied: 0 };
  for (const row of Object.values(result.rules))
    for (const k of ["findings", "offered", "applied"] as const) sum[k] += row[k];
  return sum;
}

/** The compiler's word, else the type checker's. */
function verdictOf({ types, go }: ChangedPackage): string {
  if (go !== null) return go.verdict === "accepted" ? "compiled" : go.verdict;
  return types === null ? "open" : types.verdict === "accepted" ? "typed" : types.verdict;
}

function verdictsText(packages: readonly ChangedPackage[]): string {
  const parts = Object.entries(verdicts).flatMap(([verdict, words]) => {
    const n = packages.filter((p) => verdictOf(p) === verdict).length;
    return n === 0 ? [] : [`${n} ${words}`];
  });
  return `of ${packages.length} changed packages ${parts.join(", ")}`;
}

function tell(result: ModuleResult, seconds: number | null = null): void {
  const { findings, offered, applied } = total(result);
  const told = result.packages.length === 0 ? "" : `; ${verdictsText(result.packages)}`;
  const time = seconds === null ? "" : ` (${seconds.toFixed(0)} s)`;
  console.log(`${result.module}: ${findings} findings, ${offered} fixes offered, ${applied} applied${told}${time}`);
  for (const f of result.failures) console.log(`  FAIL ${f}`);
  for (const p of result.packages) {
    const said = p.go?.verdict === "refused" ? p.go.said : p.types?.verdict === "refused" ? p.types.said : null;
    if (said !== null) console.log(`  FAIL ${p.path}: ${said.replaceAll("\n", "\n    ")}`);
  }
}

/** Prints it; true where nothing is wrong. */
function summary(): boolean {
  const tally = new Map<string, RuleCount>();
  const packages: ChangedPackage[] = [];
  let failures = 0;
  let lesser = 0;
  for (const { rules, instead, packages: changed, failures: wrong } of results.values()) {
    failures += wrong.length;
    lesser += instead;
    packages.push(...changed);
    for (const [rule, row] of Object.entries(rules)) {
      const sum = tally.get(rule) ?? { findings: 0, offered: 0, applied: 0 };
      for (const k of ["findings", "offered", "applied"] as const) sum[k] += row[k];
      tally.set(rule, sum);
    }
  }
  console.log("\n| rule | findings | with a fix | applied |\n|---|---|---|---|");
  const all = { findings: 0, offered: 0, applied: 0 };
  for (const [rule, row] of [...tally].sort(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(`| ${rule} | ${row.findings} | ${row.offered} | ${row.applied} |`);
    for (const k of ["findings", "offered", "applied"] as const) all[k] += row[k];
  }
  console.log(`| all | ${all.findings} | ${all.offered} | ${all.applied} |`);
  console.log(
    `\n${results.size} of ${modules.length} modules, state ${state}, ${version}: ${failures} failures, ${lesser} lesser findings instead; ${verdictsText(packages)}`,
  );
  return failures === 0 && packages.every((p) => verdictOf(p) !== "refused");
}
