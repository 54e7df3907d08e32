/** The folders of an editor's window, each with its configuration and its running check. No threads and no protocol here. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { messageOf } from "../base/errors.ts";
import { ignorePages } from "../check/ignore-pages.ts";
import { type Analysis, Incremental } from "../check/incremental.ts";
import { Policy } from "../check/policy.ts";
import { Superseded } from "../check/session.ts";
import type { Config } from "../config/config.ts";
import { fileNames, findConfig } from "../config/load.ts";
import { readConfig } from "../config/parse.ts";
import { rules } from "../rules/registry.ts";
import { reportOf } from "./editor-findings.ts";
import type { EditorFinding, Report } from "./messages.ts";
import { Positions } from "./positions.ts";

interface Document {
  readonly version: number;
  readonly bytes: Uint8Array;
}

type PackageOf = NonNullable<ReturnType<Incremental["packageOf"]>>;

/** V8 compiles what runs often: the third round over a package takes half of the time of the first. */
const Rehearsals = 2;

/** A package that takes longer than this is told of in two steps: the file that is typed in, then all. */
const LongMs = 80;

const encoder = new TextEncoder();

export class Workspace {
  private folders: readonly string[] = [];
  private readonly documents = new Map<string, Document>();
  private readonly projects = new Map<string, Incremental | null>();
  /** Groups whose report is to be taken back when nothing of theirs is open any more. */
  private readonly shown = new Map<string, readonly string[]>();
  /** Open Go files whose package is to be analysed, the one typed in first. */
  private readonly dirty = new Set<string>();
  private readonly unfinished: { pkg: PackageOf; project: Incremental; analysis: Analysis }[] = [];

  constructor(
    private readonly send: (report: Report) => void,
    private readonly log: (text: string) => void,
    private readonly isSuperseded: () => boolean = () => false,
    private readonly longMs = LongMs,
  ) {}

  setFolders(folders: readonly string[]): void {
    this.folders = folders.map((f) => resolve(f));
    this.projects.clear();
    this.markAll();
  }

  /** Null: closed. */
  setText(file: string, version: number, text: string | null): void {
    if (text === null) this.documents.delete(file);
    else this.documents.set(file, { version, bytes: encoder.encode(text) });
    if (isConfig(file)) return this.configChanged();
    if (!isSource(file)) return;
    for (const project of this.projects.values()) project?.set(file, this.documents.get(file)?.bytes ?? null);
    this.dirty.delete(file);
    this.markAll();
    if (text !== null) this.first = file;
    if (text === null) this.takeBack();
  }

  private first: string | null = null;
  /** The file that was typed in has been told of by itself, and its package not yet. */
  private isAnswered = false;
  /** How long packages took in whole, by path. A first time takes longer, for it reads what they import; the rehearsals put that right. */
  private readonly taken = new Map<string, number>();

  /** Files that something else wrote. Open ones are what the editor says. */
  filesChanged(files: readonly string[]): void {
    const known = files.filter((f) => !this.documents.has(f));
    if (known.some(isConfig)) this.configChanged();
    const sources = known.filter((f) => isSource(f) || /[\\/](?:go\.mod|go\.sum|go\.work|modules\.txt)$/.test(f));
    for (const f of sources) for (const project of this.projects.values()) project?.changed(f);
    if (sources.length > 0) this.markAll();
  }

  private configChanged(): void {
    this.projects.clear();
    this.markAll();
  }

  private markAll(): void {
    for (const file of this.documents.keys()) if (isSource(file)) this.dirty.add(file);
    this.unfinished.length = 0;
    this.isAnswered = false;
  }

  get hasWork(): boolean {
    return this.dirty.size > 0 || this.unfinished.length > 0 || this.mayRehearse;
  }

  /** One package, or the fixes of one. @throws Superseded: what it worked on is to be done again. */
  work(): void {
    const first = this.first !== null && this.dirty.has(this.first) ? this.first : null;
    const file = first ?? this.dirty.values().next().value ?? null;
    if (file !== null) return this.analyze(file);
    const next = this.unfinished.shift();
    if (next === undefined) return this.rehearse();
    try {
      this.report(next.project, next.project.finish(next.pkg, next.analysis), true);
    } catch (e) {
      if (e instanceof Superseded) throw e;
      this.log(`finishing ${next.analysis.path}: ${messageOf(e)}`);
    }
  }

  /** Rounds that are left, and the file that is open and has been analysed. */
  private rehearsals = Rehearsals;
  private analyzed: string | null = null;

  private get mayRehearse(): boolean {
    return this.rehearsals > 0 && this.analyzed !== null && this.documents.has(this.analyzed);
  }

  /** An edit that changes nothing, whose result nobody gets: the first real one then finds the engine compiled. */
  private rehearse(): void {
    if (!this.mayRehearse) return;
    this.rehearsals--;
    const file = this.analyzed as string;
    const project = this.projectOf(file);
    project?.set(file, this.documents.get(file)?.bytes ?? null);
    const pkg = project?.packageOf(file) ?? null;
    if (project === null || pkg === null) return;
    if (this.isLong(pkg)) project.analyze(pkg, new Set([file]));
    this.taken.set(pkg.path, project.analyze(pkg).milliseconds);
  }

  private analyze(file: string): void {
    const project = this.projectOf(file);
    let pkg: PackageOf | null = null;
    try {
      pkg = project?.packageOf(file) ?? null;
      if (project === null || pkg === null) {
        this.dirty.delete(file);
        this.reportAlone(file, project);
        return;
      }
      if (file === this.first && !this.isAnswered && this.isLong(pkg)) {
        const part = project.analyze(pkg, new Set([file]));
        this.isAnswered = true;
        return this.report(project, part, false, true);
      }
      const analysis = project.analyze(pkg);
      this.taken.set(pkg.path, analysis.milliseconds);
      for (const f of pkg.files) this.dirty.delete(f);
      this.analyzed = file;
      const final = analysis.settled && !analysis.findings.some((f) => f.fix !== null);
      this.report(project, analysis, final);
      if (!final) this.unfinished.push({ pkg, project, analysis });
    } catch (e) {
      if (e instanceof Superseded) throw e;
      this.dirty.delete(file);
      for (const f of pkg?.files ?? []) this.dirty.delete(f);
      this.log(`${file}: ${messageOf(e)}`);
    }
  }

  private isLong(pkg: PackageOf): boolean {
    return pkg.files.length > 1 && (this.taken.get(pkg.path) ?? 0) > this.longMs;
  }

  /** A file that takes part in no package: what was shown of it is out of date, and why it does not may be known. */
  private reportAlone(file: string, project: Incremental | null): void {
    const doc = this.documents.get(file);
    const problems = (project?.problemsIn(dirname(file)) ?? []).filter((p) => p.file === file);
    const nothing = { findings: [], milliseconds: 0, settled: true };
    const versions = doc === undefined ? {} : { [file]: doc.version };
    this.shown.set(file, [file]);
    this.send(
      reportOf({ path: file, files: [file], problems, ...nothing }, (f) => project?.read(f) ?? null, versions, true),
    );
  }

  private report(project: Incremental, analysis: Analysis, final: boolean, part = false): void {
    const versions: Record<string, number> = {};
    for (const f of analysis.files) {
      const doc = this.documents.get(f);
      if (doc !== undefined) versions[f] = doc.version;
    }
    if (!part) this.shown.set(analysis.path, analysis.files);
    this.send(reportOf(analysis, (f) => project.read(f), versions, final, part));
  }

  /** Reports of packages of which nothing is open any more are taken back. */
  private takeBack(): void {
    for (const [group, files] of this.shown) {
      if (files.some((f) => this.documents.has(f))) continue;
      this.shown.delete(group);
      const none = files.map((file) => ({ file, findings: [] }));
      this.send({ kind: "report", group, part: false, files: none, versions: {}, final: true, milliseconds: 0 });
    }
  }

  /** The check of the folder that a file belongs to: the innermost of the window's, else that of its module. */
  private projectOf(file: string): Incremental | null {
    const inside = this.folders.filter((f) => file.startsWith(f + sep)).sort((a, b) => b.length - a.length);
    const dir = inside[0] ?? moduleOf(dirname(file));
    let project = this.projects.get(dir);
    if (project === undefined) {
      project = this.open(dir);
      this.projects.set(dir, project);
    }
    return project;
  }

  private open(dir: string): Incremental | null {
    const config = this.configFor(dir);
    const policy = new Policy(config);
    try {
      const project = new Incremental(dir, {
        rules: rules.map((r) => r.id).filter((id) => !policy.isOff(id)),
        config,
        isSuperseded: this.isSuperseded,
      });
      for (const [file, { bytes }] of this.documents) if (isSource(file)) project.set(file, bytes);
      return project;
    } catch (e) {
      this.log(`${dir}: ${messageOf(e)}`);
      return null;
    }
  }

  /** What is wrong with a configuration is shown in it, and the check goes on without one. */
  private configFor(dir: string): Config | null {
    let file: string | null;
    try {
      file = findConfig(dir);
    } catch (e) {
      this.log(messageOf(e));
      return null;
    }
    if (file === null) return null;
    let bytes = this.documents.get(file)?.bytes;
    try {
      bytes ??= readFileSync(file);
    } catch (e) {
      this.log(`${file}: ${messageOf(e)}`);
      return null;
    }
    const known = [...rules.map((r) => r.id), ...ignorePages.keys()];
    const { config, problems } = readConfig(new TextDecoder().decode(bytes), { file, rules: known });
    const map = new Positions(bytes);
    const findings = problems.map((p): EditorFinding => {
      // Columns of the YAML reader count UTF-16 units already.
      const start = { line: p.line - 1, character: p.column - 1 };
      const end = { line: p.line - 1, character: Math.max(p.column, map.at(p.line, 1 << 30).character) };
      const rest = { rule: "", message: p.message, path: [], fix: null, ignore: null, function: "" };
      return { range: { start, end }, severity: 1, ...rest };
    });
    const version = this.documents.get(file)?.version;
    this.send({
      kind: "report",
      group: file,
      part: false,
      files: [{ file, findings }],
      versions: version === undefined ? {} : { [file]: version },
      final: true,
      milliseconds: 0,
    });
    return config;
  }
}

function isSource(file: string): boolean {
  return file.endsWith(".go");
}

function isConfig(file: string): boolean {
  return fileNames.includes(basename(file));
}

function moduleOf(dir: string): string {
  for (let d = dir; dirname(d) !== d; d = dirname(d)) if (existsSync(join(d, "go.mod"))) return d;
  return dir;
}
