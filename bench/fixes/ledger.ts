/**
 * What is known of each module's fixes, a JSON line a module in bench/.work/fixes/results.jsonl: a run that was ended goes on where it
 * was. What check says holds for one state of its sources; what Go says of a changed package holds for the text that it has
 * with the fixes, whichever state of ours wrote it.
 */
import { appendFileSync, existsSync, readFileSync, statSync, truncateSync } from "node:fs";

export interface RuleCount {
  findings: number;
  /** With a fix. */
  offered: number;
  /** Made; the others went along with one of them. */
  applied: number;
}

/** `accepted`: compiles, and vet has nothing new to say. `unbuildable`: did not compile before either. */
export type GoVerdict = "accepted" | "unbuildable" | "refused";

export interface ChangedPackage {
  /** `./pkg/x`. */
  readonly path: string;
  /** Some of its changed files are tests. */
  readonly tests: boolean;
  /** Of its changed files as they are with the fixes. */
  readonly hash: string;
  /** By the type checker and vet's analyses, on the sources of what it imports. */
  types: Verdict | null;
  /** By the compiler and go vet. */
  go: Verdict | null;
}

export interface Verdict {
  /** Of Go. */
  readonly version: string;
  readonly verdict: GoVerdict;
  readonly said: string;
}

export interface ModuleResult {
  readonly module: string;
  /** The state of Stanch's sources that the check is of. */
  readonly state: string;
  readonly rules: Readonly<Record<string, RuleCount>>;
  /** Findings of lesser rules that came where others went (`http-body-undrained`). */
  readonly instead: number;
  readonly packages: readonly ChangedPackage[];
  /** What is wrong with a fix, by our own measure and gofmt's. */
  readonly failures: readonly string[];
}

export type Judge = "types" | "go";
const judges: readonly Judge[] = ["types", "go"];

export class Ledger {
  private readonly results = new Map<string, ModuleResult>();
  private readonly verdicts = new Map<string, Verdict>();

  constructor(private readonly file: string) {
    if (!existsSync(file)) return;
    const lines = readFileSync(file, "utf8").split("\n");
    // A kill cuts the last line off; it is written again.
    const cut = lines.pop() ?? "";
    if (cut !== "") truncateSync(file, statSync(file).size - Buffer.byteLength(cut));
    lines.forEach((line, i) => this.note(parse(line, `${file}:${i + 1}`)));
  }

  /** What this state of the sources says of a module, if it was asked. */
  find(module: string, state: string): ModuleResult | null {
    const result = this.results.get(module);
    return result?.state === state ? result : null;
  }

  /** Fills in what this Go said of the package with just these changes, where it was asked. */
  recall(module: string, pkg: ChangedPackage, version: string): void {
    for (const by of judges) pkg[by] ??= this.verdicts.get(key(module, pkg, by, version)) ?? null;
  }

  keep(result: ModuleResult): void {
    this.note(result);
    appendFileSync(this.file, `${JSON.stringify(result)}\n`);
  }

  private note(result: ModuleResult): void {
    this.results.set(result.module, result);
    for (const p of result.packages) {
      for (const by of judges) {
        const told = p[by];
        if (told !== null) this.verdicts.set(key(result.module, p, by, told.version), told);
      }
    }
  }
}

function parse(line: string, place: string): ModuleResult {
  try {
    return JSON.parse(line) as ModuleResult;
  } catch {
    throw new Error(`${place} is no JSON: take the line out, or run with --again`);
  }
}

function key(module: string, { path, hash }: ChangedPackage, by: Judge, version: string): string {
  return `${module} ${path} ${hash} ${by} ${version}`;
}
