/**
 * Keeps imports going one way. The table below is the house's floor plan (docs/architecture.md): a room may import the rooms on
 * its right and `base`, nothing else. Run: `npx tsx tools/check-imports.ts [root]`; prints violations and exits with 1.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** What everything in Go's front-end may know of the loader: the contract, not the disk. */
const LOAD_CONTRACT = "go/load/package.ts";

/**
 * Room → what it may import besides itself and `base`. Rooms are folders below src (and `web`); an entry may also be one file. The
 * longest name that fits a file is its room. "*" is everything.
 */
export const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  diag: [],

  // Pure, and run in the browser too.
  profile: [],
  series: [],
  stats: [],

  // Go's front-end, never upward.
  "go/syntax": [],
  "go/stdlib": [],
  "go/load": ["go/syntax", "go/stdlib"],
  "go/types": [LOAD_CONTRACT, "go/syntax"],
  "go/cfg": [LOAD_CONTRACT, "go/syntax", "go/types"],
  "go/flow": [LOAD_CONTRACT, "go/syntax", "go/types", "go/cfg"],
  // Tables of API facts, written in the shapes that flow defines; flow itself knows no API and no rule.
  "go/knowledge": ["go/flow"],
  "go/summary": [LOAD_CONTRACT, "go/syntax", "go/types", "go/cfg", "go/flow", "go/knowledge"],
  "go/index.ts": ["go"],
  "go/index.test.ts": ["go"],

  java: ["diag"],
  rules: ["go/syntax", "go/types", "go/cfg", "go/flow", "go/summary", "go/knowledge", LOAD_CONTRACT, "java", "diag"],
  config: ["diag"],
  check: ["rules", "go", "java", "diag", "config"],
  // It prints findings, verdicts and suspects, and so knows their shapes.
  report: ["diag", "profile", "diagnose", "series", "watch/verdict.ts"],

  probe: ["profile", "series"],
  store: ["series"],
  "watch/verdict.ts": ["series"],
  // What decides is pure, so that a recording gives the same verdicts anywhere.
  "watch/detectors": ["stats", "series", "watch/verdict.ts"],
  watch: ["watch/detectors", "watch/verdict.ts", "probe", "store", "stats", "series", "profile", "config"],
  diagnose: ["diag", "profile", "series", "check", "watch/verdict.ts"],
  server: ["watch", "store", "diagnose", "profile", "series", "check", "report", "diag", "config"],
  demo: [],
  lsp: ["check", "report", "rules", "diag", "config"],
  cli: ["*"],

  web: ["profile", "series", "diag", "server/api.ts"],
};

/** Node modules by which a program touches the world. Whatever decides must be replayable, so only these rooms may. */
const EFFECTS =
  /^(?:node:)?(?:fs|fs\/promises|net|http|http2|https|tls|dgram|dns|child_process|cluster|worker_threads|os|process|readline|repl|inspector)$/;
const EFFECT_ROOMS = new Set(["go/load", "probe", "store", "server", "cli", "check", "lsp", "config", "watch", "demo"]);
/** Rooms that the browser loads: no module of Node at all. */
const BROWSER_ROOMS = new Set(["base", "profile", "series", "stats", "web"]);

/** Known violations, `FILE -> TARGET`, each to be paid back. One that no longer occurs is itself a violation. */
export const DEBT: readonly string[] = [];

export interface Violation {
  /** Relative to the checked root, with slashes. */
  readonly file: string;
  readonly line: number;
  readonly target: string;
  readonly reason: string;
}

export interface Plan {
  readonly allowed: Readonly<Record<string, readonly string[]>>;
  readonly debt: readonly string[];
}

/** All violations in `root`/src and `root`/web. */
export function checkImports(root: string, plan: Plan = { allowed: ALLOWED, debt: DEBT }): Violation[] {
  const found: Violation[] = [];
  for (const top of ["src", "web"]) {
    const dir = join(root, top);
    if (!existsSync(dir)) continue;
    for (const file of sources(dir)) {
      const own = top === "src" ? slashed(relative(dir, file)) : slashed(relative(root, file));
      found.push(...checkFile(root, file, own, plan.allowed));
    }
  }
  const owed = new Set(plan.debt);
  const violations = found.filter((v) => !owed.delete(`${v.file} -> ${v.target}`));
  for (const paid of owed)
    violations.push({
      file: "tools/check-imports.ts",
      line: 0,
      target: paid,
      reason: "this debt is paid: take it out of the table",
    });
  return violations;
}

function checkFile(root: string, file: string, own: string, allowed: Plan["allowed"]): Violation[] {
  const shown = slashed(relative(root, file));
  const room = roomOf(own, allowed);
  if (room === null)
    return [{ file: shown, line: 0, target: own, reason: "this room is not in the table of tools/check-imports.ts" }];
  const test = /\.(?:test|bench)\.tsx?$/.test(own);
  const found: Violation[] = [];
  for (const { specifier, line } of importsOf(readFileSync(file, "utf8"))) {
    const report = (target: string, reason: string): void => void found.push({ file: shown, line, target, reason });
    if (!specifier.startsWith(".")) {
      if (test) continue;
      if (BROWSER_ROOMS.has(room) && specifier.startsWith("node:"))
        report(specifier, `${room} also runs in the browser`);
      else if (EFFECTS.test(specifier) && !EFFECT_ROOMS.has(room))
        report(specifier, `${room} decides and must not touch the world`);
      continue;
    }
    const path = resolve(dirname(file), specifier);
    const within = slashed(relative(join(root, "src"), path));
    const target = within.startsWith("..") ? slashed(relative(root, path)) : within;
    if (target.startsWith("..")) report(target, "outside of the project");
    else if (!isAllowed(room, own, target, test, allowed))
      report(target, `${room} may import ${list(allowed[room] ?? [])}`);
  }
  return found;
}

function isAllowed(room: string, own: string, target: string, test: boolean, allowed: Plan["allowed"]): boolean {
  const targetRoom = roomOf(target, allowed);
  if (targetRoom === room || targetRoom === "base") return true;
  // A test sees its whole top room: types' tests load real packages.
  if (test && target.split("/")[0] === own.split("/")[0]) return true;
  // The package's own version and the like.
  if (target === "package.json") return true;
  return (allowed[room] ?? []).some((a) => a === "*" || target === a || target.startsWith(`${a}/`));
}

/** The longest name in the table that is the file or a folder above it; null where none is. */
function roomOf(path: string, allowed: Plan["allowed"]): string | null {
  let best: string | null = null;
  for (const room of Object.keys(allowed)) {
    if ((path === room || path.startsWith(`${room}/`)) && (best === null || room.length > best.length)) best = room;
  }
  return best;
}

const IMPORT = /\b(?:import|export)\b(?:[\w\s{},*$]*?\bfrom)?\s*["']([^"'\n]+)["']|\bimport\s*\(\s*["']([^"'\n]+)["']/g;

/** Static, side-effect and dynamic imports, and re-exports. Comments are blanked first, strings are not: a false hit there is loud, not silent. */
function importsOf(source: string): { specifier: string; line: number }[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, " ")).replace(/^\s*\/\/.*$/gm, "");
  const found: { specifier: string; line: number }[] = [];
  for (const m of code.matchAll(IMPORT)) {
    const specifier = m[1] ?? m[2];
    if (specifier !== undefined) found.push({ specifier, line: code.slice(0, m.index).split("\n").length });
  }
  return found;
}

function* sources(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === "node_modules" || entry.name === "testdata" || entry.name.startsWith(".")) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.(?:ts|tsx|mts|js|mjs)$/.test(entry.name)) yield path;
  }
}

function list(rooms: readonly string[]): string {
  return rooms.length === 0 ? "base only" : `${rooms.join(", ")} and base`;
}

function slashed(path: string): string {
  return path.split(sep).join("/");
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), ".."));
  const violations = checkImports(root);
  for (const v of violations)
    console.log(`${v.file}${v.line > 0 ? `:${v.line}` : ""}: imports ${v.target}: ${v.reason}`);
  console.log(violations.length === 0 ? "imports go one way" : `${violations.length} violations`);
  process.exit(violations.length === 0 ? 0 : 1);
}
