/** For tests: runs rules over the blocks of a rule page, through the same engine that users run. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Severity } from "../diag/finding.ts";
import { Loader } from "../go/load/loader.ts";
import type { GoModule, GoPackage, PackageSource } from "../go/load/package.ts";
import type { File, GoVersion, Node } from "../go/syntax/ast.ts";
import { position } from "../go/syntax/lines.ts";
import { parseFile } from "../go/syntax/parser.ts";
import { walk } from "../go/syntax/walk.ts";
import { checkPackage } from "../go/types/check.ts";
import { Program } from "../go/types/package.ts";
import { Mode } from "../go/types/record.ts";
import type { PageBlock } from "../rules/page.ts";
import type { Rule } from "../rules/rule.ts";
import { applyEdits } from "./edits.ts";
import { Callers, settle } from "./callers.ts";
import { isKeptToItself, isOffered } from "./importers.ts";
import type { CheckedFinding } from "./result.ts";
import { Session } from "./session.ts";

/** Hand-written API shapes of third-party packages, by import path. */
const stubs = join(dirname(fileURLToPath(import.meta.url)), "../rules/testdata/stubs");
const DefaultVersion: GoVersion = { major: 1, minor: 26 };
const Module = "example.com/page";

interface BlockPackage extends GoPackage {
  /** Of its package clauses. */
  readonly name: string;
  readonly imports: readonly string[];
}

/** All blocks share one view of the standard library: typing it once is most of the cost. */
export class PageRunner {
  private readonly loader = Loader.open(dirname(stubs), {});
  private readonly texts = new Map<string, Uint8Array>();
  private readonly stubs = new Map<string, GoPackage | null>();
  /** Which package a path means inside a block's package. */
  private readonly neighbours = new Map<GoPackage, ReadonlyMap<string, BlockPackage>>();
  private count = 0;
  private readonly anyStd = this.loader.std.find("errors");

  private readonly source: PackageSource = {
    resolve: (path, from) => {
      if (from.standard) return this.loader.resolve(path, from);
      const near = this.neighbours.get(from)?.get(path);
      if (near !== undefined) return near;
      const found = path.includes(".") ? this.stub(path) : null;
      return found ?? (this.anyStd === null ? null : this.loader.resolve(path, this.anyStd));
    },
    read: (file) => this.texts.get(file) ?? this.loader.read(file),
  };

  private readonly program = new Program(this.source, parseFile, { withBodies: (p) => this.neighbours.has(p) });
  private readonly sessions = new Map<readonly Rule[], Session>();

  private session(rules: readonly Rule[], known: ReadonlySet<string>): Session {
    let s = this.sessions.get(rules);
    if (s === undefined) {
      s = new Session(this.source, { rules, known, generated: false, godebug: () => new Map() });
      this.sessions.set(rules, s);
    }
    return s;
  }

  /** The third-party package that testdata/stubs has for `path`. */
  private stub(path: string): GoPackage | null {
    let found = this.stubs.get(path);
    if (found === undefined) {
      const dir = join(stubs, path);
      let files: string[] = [];
      try {
        files = readdirSync(dir).filter((f) => f.endsWith(".go"));
      } catch {
        // there is none
      }
      const module: GoModule = { path, version: "v1.0.0", dir, goVersion: DefaultVersion, main: false };
      found =
        files.length === 0
          ? null
          : { path, dir, files: files.map((f) => join(dir, f)), module, standard: false, stub: false, tests: false };
      this.stubs.set(path, found);
    }
    return found;
  }

  /** One package per folder of the block. */
  private packages(block: PageBlock): BlockPackage[] {
    const root = `/page-${this.count++}`;
    const goVersion = block.goVersion ?? DefaultVersion;
    const module: GoModule = { path: Module, version: "", dir: root, goVersion, main: true };
    const folders = new Map<string, string[]>();
    for (const f of block.files) {
      const path = `${root}/${f.path}`;
      this.texts.set(path, Buffer.from(f.text));
      const folder = dirname(f.path);
      folders.set(folder, [...(folders.get(folder) ?? []), path]);
    }
    const headers = (files: readonly string[]): File[] =>
      files.map((f) => parseFile(f, this.texts.get(f) ?? new Uint8Array(), { skipBodies: true }));
    const made = [...folders].map(([folder, files]): BlockPackage => ({
      name: headers(files)[0].name.name,
      path: folder === "." ? `${Module}/demo` : `${Module}/${folder}`,
      dir: folder === "." ? root : `${root}/${folder}`,
      files,
      module,
      standard: false,
      stub: false,
      tests: files.some((f) => f.endsWith("_test.go")),
      imports: headers(files).flatMap((f) => f.imports.map((s) => s.path.value.slice(1, -1))),
    }));
    const byPath = new Map(made.map((p) => [p.path, p]));
    for (const p of made) this.neighbours.set(p, byPath);
    return made;
  }

  /** Findings of `rules` in a block; files as the block names them. */
  run(
    block: PageBlock,
    rules: readonly Rule[],
    known: ReadonlySet<string> = new Set(rules.map((r) => r.id)),
  ): BlockResult {
    const packages = this.packages(block);
    const problems = block.incomplete ? [] : packages.flatMap((p) => this.unresolved(p));
    const findings: CheckedFinding[] = [];
    const session = this.session(rules, known);
    const others = (p: BlockPackage): BlockPackage[] => packages.filter((q) => q !== p);
    const hasProgram = packages.some((p) => p.name === "main");
    const callers = new Callers({
      of: others,
      direct: others,
      around: () => packages,
      all: () => packages,
      mentions: () => true,
      isInternal: () => false,
      isProgram: (p) => (p as BlockPackage).name === "main",
      isInProgram: () => hasProgram,
      isKept: isKeptToItself,
      isForPrograms: (p) =>
        hasProgram &&
        !isOffered(p) &&
        packages.every((q) => q === p || q.name === "main" || isKeptToItself(q) || !q.imports.includes(p.path)),
    });
    const results = packages.map((p) => session.analyze(p));
    results.forEach((result, i) => callers.add(packages[i], result));
    for (const [i, p] of packages.entries()) {
      const result = settle(p, results[i], callers);
      for (const q of result.problems) problems.push(`${q.file.replace(/^\/page-\d+\//, "")}:${q.line}: ${q.message}`);
      findings.push(...result.findings);
      problems.push(...instabilities(session, p, results[i].findings));
    }
    const short = (f: string): string => f.replace(/^\/page-\d+\//, "");
    return { problems, findings: findings.map((f) => ({ ...f, file: short(f.file) })) };
  }

  /** Names in a block that mean nothing: a typo would make any rule silent. */
  private unresolved(pkg: BlockPackage): string[] {
    const typed = this.program.package(pkg);
    checkPackage(typed);
    const problems: string[] = [];
    for (const { file } of typed.files) {
      walk(file, (n: Node) => {
        if (!("mode" in n) || n.mode !== Mode.Unknown) return true;
        const { line } = position(file, n.pos);
        const text = Buffer.from(file.src.subarray(n.pos, n.end)).toString();
        problems.push(`${file.path.replace(/^\/page-\d+\//, "")}:${line}: cannot resolve ${text}`);
        return false;
      });
    }
    return problems;
  }
}

/** The same of a package whose bodies and comments were dropped in the meantime, and of each of its files by itself. */
function instabilities(session: Session, pkg: GoPackage, findings: readonly CheckedFinding[]): string[] {
  const differs = (now: readonly CheckedFinding[], before: readonly CheckedFinding[]): boolean =>
    JSON.stringify(now) !== JSON.stringify(before);
  const out: string[] = [];
  if (differs(session.analyze(pkg).findings, findings)) out.push(`${pkg.path} says something else the second time`);
  for (const file of pkg.files) {
    const own = findings.filter((f) => f.file === file);
    if (differs(session.analyze(pkg, new Set([file])).findings, own)) out.push(`${file} says something else by itself`);
  }
  return out;
}

export interface BlockResult {
  /** Syntax problems, faults, names that mean nothing, findings that depend on what was asked before. */
  readonly problems: readonly string[];
  readonly findings: readonly CheckedFinding[];
}

/** How the findings of a block differ from what it wants: empty where they do not. */
export function compareWants(block: PageBlock, findings: readonly CheckedFinding[]): string[] {
  const open = findings.filter((f) => !f.suppressed);
  const wrong: string[] = [];
  for (const want of block.wants) {
    const i = open.findIndex(
      (f) =>
        f.file === want.file &&
        f.line === want.line &&
        severityFits(want.severity, f.severity) &&
        textFits(want.pattern, f.message),
    );
    if (i >= 0) open.splice(i, 1);
    else wrong.push(`${want.file}:${want.line}: wanted ${want.severity ?? "a finding"} ${String(want.pattern)}`);
  }
  for (const f of open) wrong.push(`${f.file}:${f.line}: found ${f.severity} ${f.rule}: ${f.message}`);
  return wrong;
}

function severityFits(want: Severity | null, found: Severity): boolean {
  return want === null || want === found;
}

function textFits(pattern: string | RegExp, message: string): boolean {
  return typeof pattern === "string" ? message.includes(pattern) : pattern.test(message);
}

/** The block as it is after the fix of a finding. */
export function withFix(block: PageBlock, finding: CheckedFinding): PageBlock {
  const edits = finding.fix?.edits ?? [];
  const files = block.files.map((f) => {
    const own = edits.filter((e) => e.file.replace(/^\/page-\d+\//, "") === f.path);
    return { ...f, text: Buffer.from(applyEdits(Buffer.from(f.text), own)).toString() };
  });
  return { ...block, files };
}

/** The page of a rule in the source tree. */
export function readPage(id: string): string {
  return readFileSync(join(stubs, "../../go", id, "rule.md"), "utf8");
}
