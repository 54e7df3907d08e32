/** Finds which go.work or go.mod governs a folder, and reads them. */
import { dirname, join, resolve } from "node:path";
import { messageOf } from "../../base/errors.ts";
import type { GoVersion } from "../syntax/ast.ts";
import type { GoEnv } from "./env.ts";
import { EntryKind, type FileSystem } from "./fs.ts";
import { parseGoMod, type GoMod } from "./gomod.ts";
import { parseGoWork, type GoWork } from "./gowork.ts";
import type { SyntaxReport } from "./mod-syntax.ts";
import type { LoadProblem } from "./problem.ts";
import { compareGoVersion, parseGoVersion } from "./semver.ts";

export interface MainModule {
  readonly dir: string;
  readonly file: string;
  readonly mod: GoMod;
}

/** What governs a folder: a workspace, one module, or (no modules) nothing, as in GOPATH's days. */
export interface Site {
  readonly modules: readonly MainModule[];
  readonly work: { readonly file: string; readonly dir: string; readonly go: GoWork } | null;
  readonly problems: readonly LoadProblem[];
}

export function locate(dir: string, env: GoEnv, fs: FileSystem): Site {
  const problems: LoadProblem[] = [];
  if (env.get("GO111MODULE") === "off") return { modules: [], work: null, problems };
  const moduleDir = upwards(dir, (d) => fs.kind(join(d, "go.mod")) === EntryKind.File);
  const workFile = findWorkFile(dir, env, fs);
  if (workFile !== null) {
    const work = readWork(workFile, fs, problems);
    const workDir = dirname(workFile);
    const dirs = [...new Set(work.use.map((u) => resolve(workDir, u.path)))];
    // A module below a go.work that does not name it stands alone.
    if (moduleDir === null || dirs.includes(moduleDir)) {
      const modules: MainModule[] = [];
      const missing: string[] = [];
      for (const d of dirs) {
        if (fs.kind(join(d, "go.mod")) === EntryKind.File) modules.push(readModule(d, fs, problems));
        else missing.push(d);
      }
      reportMissing(workFile, work, missing, problems);
      if (modules.length > 0) return { modules, work: { file: workFile, dir: workDir, go: work }, problems };
    }
  }
  if (moduleDir === null) return { modules: [], work: null, problems };
  return { modules: [readModule(moduleDir, fs, problems)], work: null, problems };
}

/** The newest language that the site's files ask for: decides which toolchain and which release tags are meant. */
export function wantedLanguage(site: Site): GoVersion | null {
  let wanted: GoVersion | null = null;
  const raise = (version: GoVersion | null): void => {
    if (version !== null && (wanted === null || compareGoVersion(version, wanted) > 0)) wanted = version;
  };
  for (const { mod } of site.modules) {
    raise(mod.goVersion);
    raise(parseGoVersion(mod.toolchain));
  }
  if (site.work !== null) {
    raise(site.work.go.goVersion);
    raise(parseGoVersion(site.work.go.toolchain));
  }
  return wanted;
}

function upwards(dir: string, found: (dir: string) => boolean): string | null {
  for (let d = dir; ; d = dirname(d)) {
    if (found(d)) return d;
    if (dirname(d) === d) return null;
  }
}

function findWorkFile(dir: string, env: GoEnv, fs: FileSystem): string | null {
  const named = env.get("GOWORK");
  if (named === "off") return null;
  if (named !== "") return fs.kind(named) === EntryKind.File ? resolve(named) : null;
  const at = upwards(dir, (d) => fs.kind(join(d, "go.work")) === EntryKind.File);
  return at === null ? null : join(at, "go.work");
}

function readText(file: string, fs: FileSystem, problems: LoadProblem[]): string {
  try {
    return new TextDecoder().decode(fs.read(file));
  } catch (e) {
    problems.push({ file, line: 0, column: 0, message: messageOf(e) });
    return "";
  }
}

function readWork(file: string, fs: FileSystem, problems: LoadProblem[]): GoWork {
  const work = parseGoWork(readText(file, fs, problems));
  reportFirst(file, work.problems, problems);
  return work;
}

/** Modules that go.work names and that are not there: the first one's line says enough. */
function reportMissing(file: string, work: GoWork, missing: readonly string[], problems: LoadProblem[]): void {
  const use = work.use.find((u) => resolve(dirname(file), u.path) === missing[0]);
  if (use === undefined) return;
  const more = missing.length > 1 ? ` (and ${missing.length - 1} more such modules)` : "";
  problems.push({
    file,
    line: use.line,
    column: use.column,
    message: `use ${use.path}: there is no go.mod in that folder${more}`,
  });
}

function readModule(dir: string, fs: FileSystem, problems: LoadProblem[]): MainModule {
  const file = join(dir, "go.mod");
  const before = problems.length;
  const mod = parseGoMod(readText(file, fs, problems), true);
  if (problems.length === before) reportFirst(file, mod.problems, problems);
  return { dir, file, mod };
}

/** One broken file is one problem: the first says where to begin. */
function reportFirst(file: string, found: readonly SyntaxReport[], problems: LoadProblem[]): void {
  const first = found[0];
  if (first === undefined) return;
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : "";
  problems.push({ file, line: first.line, column: first.column, message: first.message + more });
}
