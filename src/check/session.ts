/**
 * One thread's analyses: a program whose packages are typed as they are asked for, and the summaries of their functions.
 *
 * Only the package under analysis has its bodies in memory. They are dropped when it is done; its declarations stay for
 * those that import it. What other packages' functions do is read from their bodies on demand, and stays too: `renew`
 * starts over when that has grown too large. Answers depend on the source alone, so neither order nor renewal shows.
 */
import { messageOf } from "../base/errors.ts";
import type { Finding, Problem } from "../diag/finding.ts";
import { type FunctionUnit, unitsOf } from "../go/flow/unit.ts";
import type { GoPackage, PackageSource } from "../go/load/package.ts";
import { Knowledge } from "../go/knowledge/declared.ts";
import { answerText } from "../go/summary/asked.ts";
import { unjudgedIn } from "../go/summary/leaks.ts";
import { bodiesOf, outsideOf } from "../go/summary/questions.ts";
import { type PackageReach, reachOf } from "../go/summary/reach.ts";
import { Summaries } from "../go/summary/summaries.ts";
import { type File, type Node, NodeKind, NoPos } from "../go/syntax/ast.ts";
import { versionProblems } from "../go/syntax/gate.ts";
import { lineOf } from "../go/syntax/lines.ts";
import { parseBody, parseFile } from "../go/syntax/parser.ts";
import { walk } from "../go/syntax/walk.ts";
import { checkPackage } from "../go/types/check.ts";
import { parseString } from "../go/types/constant.ts";
import { Func } from "../go/types/object.ts";
import { type Package, Program } from "../go/types/package.ts";
import { Mode } from "../go/types/record.ts";
import type { Pass, Rule } from "../rules/rule.ts";
import { Findings } from "./findings.ts";
import { idleNames } from "./idle-names.ts";
import type { Asked, CheckedFinding, Consulted, PackageBasis, PackageResult, Reply, Told } from "./result.ts";
import { functionKey, functionNamed } from "./source-facts.ts";
import { suppress } from "./suppress.ts";

/** An analysis was broken off because its source is not what it was. */
export class Superseded extends Error {}

export interface SessionOptions {
  readonly rules: readonly Rule[];
  /** Ids of all rules there are, those that do not run included. */
  readonly known: ReadonlySet<string>;
  /** The tables, with what the user declares. */
  readonly knowledge?: Knowledge;
  /** Report in files marked `// Code generated … DO NOT EDIT.` too. */
  readonly generated: boolean;
  /** Report with low confidence too. Default: false. */
  readonly unsure?: boolean;
  /** GODEBUG settings of the main module that a package belongs to. */
  readonly godebug: (pkg: GoPackage) => ReadonlyMap<string, string>;
  /** Told of a package when its rules have run, while its bodies are there. */
  readonly onAnalyzed?: (pass: Pass, findings: readonly CheckedFinding[]) => void;
  /** Told of what looks like a finding of a rule and is none, with the reason. */
  readonly onSpared?: (rule: string, unit: FunctionUnit, at: Node, why: string) => void;
  /** Asked between the steps and the rules: stop, nobody wants the result any more. `analyze` then throws a Superseded. */
  readonly isSuperseded?: () => boolean;
  /** Start over when this many bytes of source are held, whose trees take some ten times as much. Default: never. */
  readonly budget?: number;
}

export class Session {
  private program!: Program;
  private summaries!: Summaries;
  private current: GoPackage | null = null;
  private unreadable: Problem[] = [];
  /** Rules whose reports have all been made: a comment that suppresses none of them is unused. */
  private readonly judged: ReadonlySet<string>;

  constructor(
    private readonly source: PackageSource,
    private readonly options: SessionOptions,
  ) {
    // A comment may be for what is reported only where somebody asks for what is not sure.
    const judged = options.rules.filter((r) => options.unsure === true || r.mayBeUnsure !== true);
    this.judged = new Set(judged.map((r) => r.id));
    this.renew();
  }

  /** Forgets everything that was loaded: memory goes back, answers stay the same. */
  renew(): void {
    this.summaries = new Summaries(this.options.knowledge);
    const parse: typeof parseFile = (path, src, options) => {
      // Comments of what is merely imported tell us nothing.
      if (options?.skipBodies === true) return parseFile(path, src, { skipBodies: true, comments: false });
      return parseFile(path, src, { skipGenerated: !this.options.generated });
    };
    this.program = new Program(this.source, parse, {
      withBodies: (pkg) => pkg === this.current,
      onProblem: (file, message) => this.unreadable.push({ file, line: 0, message }),
    });
  }

  /** Drops packages that nothing will ask about again, and what is remembered of their functions. */
  forget(dropped: ReadonlySet<GoPackage>): void {
    for (const p of dropped) this.program.forget(p);
    this.summaries.forget((p) => dropped.has(p));
  }

  /** Packages that have been read, in whole or for their declarations. */
  get loaded(): Iterable<GoPackage> {
    return this.program.loaded;
  }

  /** Bytes of source whose trees are held. */
  get bytesHeld(): number {
    return this.program.bytes;
  }

  /**
   * Analyses one package. `only`: report in these files alone; `counts`: whether what means nothing is counted, which is a walk over everything.
   * Throws nothing but Superseded.
   */
  analyze(
    source: GoPackage,
    only: ReadonlySet<string> | null = null,
    counts: (findings: readonly Finding[]) => boolean = () => false,
  ): PackageResult {
    const start = performance.now();
    if (this.bytesHeld > (this.options.budget ?? Infinity)) this.renew();
    const timings: Record<string, number> = {};
    const problems: Problem[] = [];
    let faults = 0;
    const fault = (what: string, thrown: unknown): void => {
      faults++;
      const file = source.files[0] ?? source.dir;
      problems.push({ file, line: 0, message: `a fault of Stanch itself: ${what}: ${messageOf(thrown)}` });
      if (process.env["STANCH_DEBUG"] !== undefined && thrown instanceof Error) console.error(thrown.stack);
      // What broke off half-way may have left anything behind.
      this.renew();
    };
    let findings: CheckedFinding[] = [];
    let consulted: PackageBasis | null = null;
    let reach: PackageReach | null = null;
    let functions = 0;
    let unknown: number | null = null;
    let bytes = 0;
    let files = 0;
    let pkg: Package | null = null;
    this.unreadable = [];
    this.current = source;
    this.summaries.consulted();
    try {
      const loaded = (pkg = this.load(source));
      files = loaded.files.length;
      for (const { file } of loaded.files) bytes += file.src.length;
      timings["load"] = performance.now() - start;
      if (this.options.isSuperseded?.() === true) throw new Superseded();
      const typed = performance.now();
      checkPackage(loaded);
      timings["types"] = performance.now() - typed;
      const units = unitsOf(loaded, this.summaries.callNeverReturns);
      functions = units.length;
      this.summaries.adopt(units);
      const imports = importsOf(loaded);
      // Nothing is reported in generated files, so nothing is looked for: in API packages they are nine tenths.
      const judged = this.options.generated ? units : units.filter((u) => !u.file.file.generated);
      const pass: Pass = {
        pkg: loaded,
        files: loaded.files,
        units: judged,
        scope: only === null ? judged : judged.filter((u) => only.has(u.file.file.path)),
        summaries: this.summaries,
        godebug: this.options.godebug(source),
        imports: (path) => imports.has(path),
        spare: null,
        unsure: this.options.unsure ?? false,
      };
      const found = new Findings(loaded);
      const { onSpared } = this.options;
      for (const rule of this.options.rules) {
        if (this.options.isSuperseded?.() === true) throw new Superseded();
        const began = performance.now();
        try {
          rule.check({
            ...pass,
            report: (draft) => found.add(rule, draft),
            spare: onSpared === undefined ? null : (unit, at, why) => onSpared(rule.id, unit, at, why),
          });
        } catch (e) {
          fault(`rule ${rule.id} on package ${source.path}`, e);
        }
        timings[`rule ${rule.id}`] = performance.now() - began;
      }
      for (const { unit, at, count } of unjudgedIn(pass.scope)) {
        const { file } = unit.file;
        const what =
          count === 1 ? "what it opens on this line is" : `${count} of the things it opens, from this line on, are`;
        problems.push({
          file: file.path,
          line: lineOf(file, at.pos),
          message: `${unit.name} has more paths than are followed: ${what} not judged`,
        });
      }
      findings = suppress(found.finish(), loaded, this.judged, this.options.known);
      findings = findings.filter((f) => (only === null || only.has(f.file)) && this.wanted(loaded, f));
      this.options.onAnalyzed?.(pass, findings);
      if (!source.standard && source.module?.main !== false) reach = reachOf(loaded, pass.units, this.summaries);
      consulted = this.consultedBy(loaded);
      this.summaries.release(units);
      if (counts(findings)) unknown = this.unknownIn(loaded);
    } catch (e) {
      if (e instanceof Superseded) {
        if (pkg !== null) dropBodies(pkg);
        this.current = null;
        throw e;
      }
      fault(`package ${source.path}`, e);
    }
    if (pkg !== null) {
      for (const { file } of pkg.files) {
        for (const p of file.problems) {
          if (this.isLeftOut(file) && isInBody(file, p.pos)) continue;
          problems.push({ file: file.path, line: lineOf(file, p.pos), message: `syntax error: ${p.message}` });
        }
        // What the module's go line does not allow yet, the compiler refuses; it is analysed all the same.
        const version = pkg.source?.module?.goVersion;
        if (version === undefined || this.isLeftOut(file)) continue;
        for (const p of versionProblems(file, version))
          problems.push({ file: file.path, line: lineOf(file, p.pos), message: p.message });
      }
      dropBodies(pkg);
    }
    this.current = null;
    problems.push(...this.unreadable);
    return {
      path: source.path,
      findings,
      problems,
      missing: this.missing(source),
      consulted: faults > 0 ? null : consulted,
      reach,
      files,
      bytes,
      functions,
      unknown,
      faults,
      milliseconds: performance.now() - start,
      timings,
    };
  }

  /** The package with its bodies, also where it was first met as somebody's import. */
  private load(source: GoPackage): Package {
    const pkg = this.program.package(source);
    for (const { file } of pkg.files) {
      if (this.isLeftOut(file)) continue;
      for (const decl of file.decls) if (decl.kind === NodeKind.FuncDecl && decl.body === null) parseBody(file, decl);
    }
    pkg.checker.wantBodies = true;
    return pkg;
  }

  /** Its bodies are read where somebody asks what one does, and what is wrong in them is not told: that depends on who asked. */
  private isLeftOut(file: File): boolean {
    return file.generated && !this.options.generated;
  }

  private wanted(pkg: Package, finding: Finding): boolean {
    const scope = pkg.files.find((f) => f.file.path === finding.file);
    return scope === undefined || !this.isLeftOut(scope.file);
  }

  private unknownIn(pkg: Package): number {
    let count = 0;
    for (const { file } of pkg.files) {
      if (this.isLeftOut(file)) continue;
      walk(file, (n) => void ("mode" in n && n.mode === Mode.Unknown && count++));
      count += idleNames(file);
    }
    return count;
  }

  private consultedBy(pkg: Package): PackageBasis {
    const { bodies, answers } = outsideOf(this.summaries.consulted(), (f) => f.pkg === pkg);
    return {
      bodies: consultedIn(bodies),
      answers: [...answers].flatMap(({ asking, value, basis }): Told[] => {
        const about = asking === null ? null : consultedOf(asking.about);
        if (asking === null || about === null) return [];
        const { about: f, terms } = asking;
        return [
          { package: f.pkg?.path ?? "", about, terms, answer: answerText(value), bodies: consultedIn(bodiesOf(basis)) },
        ];
      }),
    };
  }

  /** What another run was told, asked anew; null where the package has no such function any more, or the answer cannot be had. */
  askAgain(source: GoPackage, { about, terms }: Asked): Reply | null {
    if (this.bytesHeld > (this.options.budget ?? Infinity)) this.renew();
    try {
      const file = this.program.package(source).files.find((s) => s.file.path === about.file)?.file;
      const f = file === undefined ? null : functionNamed(file, about.func)?.name.obj;
      if (!(f instanceof Func)) return null;
      const { answer, bodies } = this.summaries.askAgain(f, terms);
      return { answer, bodies: consultedIn(bodies) };
    } catch {
      // Whoever analyses the package that asked tells what is wrong.
      this.renew();
      return null;
    }
  }

  private missing(source: GoPackage): string[] {
    const paths = (source as { imports?: readonly string[] }).imports ?? [];
    return paths.filter((p) => p !== "C" && p !== "unsafe" && this.source.resolve(p, source) === null);
  }
}

/** Null for what has no source. */
function consultedOf({ decl, file }: Func): Consulted | null {
  return decl === null || file === null ? null : { file: file.file.path, func: functionKey(file.file, decl) };
}

function consultedIn(functions: Iterable<Func>): Consulted[] {
  return [...functions].flatMap((f) => consultedOf(f) ?? []);
}

function importsOf(pkg: Package): Set<string> {
  const paths = new Set<string>();
  for (const { file } of pkg.files) for (const spec of file.imports) paths.add(parseString(spec.path.value) ?? "");
  return paths;
}

function isInBody(file: File, pos: number): boolean {
  return file.decls.some((d) => d.kind === NodeKind.FuncDecl && d.bodyPos !== NoPos && d.bodyPos <= pos && pos < d.end);
}

/** Back to the state after a parse without bodies: they are read again if a summary asks. */
function dropBodies(pkg: Package): void {
  pkg.checker.wantBodies = false;
  for (const { file } of pkg.files) {
    file.comments.length = 0;
    file.hasComments = false;
    for (const decl of file.decls) dropDocs(decl);
    for (const decl of file.decls) {
      if (decl.kind !== NodeKind.FuncDecl || decl.body === null) continue;
      (decl as { bodyPos: number }).bodyPos = decl.body.pos;
      decl.body = null;
    }
  }
}

/** Documentation of declarations and fields holds on to every comment. */
function dropDocs(decl: Node): void {
  walk(decl, (n) => {
    if ("doc" in n) (n as { doc: null }).doc = null;
    return n.kind !== NodeKind.BlockStmt && n.kind !== NodeKind.FuncLit;
  });
}
