/**
 * The contract between rules and the engine that runs them.
 *
 *     export const rule = defineRule({
 *       id: "http-body-unclosed",
 *       title: "Response body is not closed on some path",
 *       severity: "error",
 *       since: "0.1.0",
 *       messages: { unclosed: "…{call}…" },
 *       check(pass) { … pass.report({ at: call, message: "unclosed", data: { call: "http.Get" } }) },
 *     });
 *
 * A rule sees one package at a time, bodies typed. It says nothing when it does not know.
 */
import type { Confidence, Severity } from "../diag/finding.ts";
import type { Node } from "../go/syntax/ast.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import type { Often } from "../go/summary/one-shot.ts";
import type { Summaries } from "../go/summary/summaries.ts";
import type { FileScope, Package } from "../go/types/package.ts";

/** Message texts by id; `{name}` is replaced by the report's data of that name. */
export type Messages = Readonly<Record<string, string>>;

export interface StepDraft {
  readonly file: FileScope;
  readonly at: Node;
  readonly message: string;
}

export interface EditDraft {
  readonly file: FileScope;
  /** UTF-8 byte offsets. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Functions that other packages may call, by which alone a place is reached: what stands there is a note where a process calls them so often, or
 * where every process that the package is part of is over when it has done its work.
 */
export interface ReachedBy {
  /** As go/summary/reach.ts names them, sorted. Null: more often than that, or nobody knows how often. */
  readonly functions: readonly string[] | null;
  readonly often: Often;
  /** By which functions others come here, sorted, where nothing in the package shows that it happens again and again; null where something does. */
  readonly repeats: readonly string[] | null;
  readonly proof: Proof;
}

/** Where something has to show that it happens again and again, for it to be more than a note. */
export enum Proof {
  /** In libraries, too: that others can come as often as they like does not count. */
  Everywhere,
  /** In what programs are made of. */
  InPrograms,
  /** In packages that no other module can import: it is left each time somebody comes, whatever happens then. */
  WhereKept,
}

export interface ReportDraft<M extends Messages> {
  readonly file: FileScope;
  /** What is pointed at: the acquisition. */
  readonly at: Node;
  readonly unit: FunctionUnit | null;
  readonly message: keyof M & string;
  readonly data?: Readonly<Record<string, string>>;
  /** Where it differs from the rule's own. A note where others are more has a reason: `noteBecause`. */
  readonly severity?: Exclude<Severity, "note">;
  /** Why it is but a note here, as a clause in the present: "the process comes here once". Goes before `severity`. */
  readonly noteBecause?: string;
  readonly confidence?: Confidence;
  readonly reachedBy?: ReachedBy;
  readonly path?: readonly StepDraft[];
  /** `imports`: paths that the new text uses by their last element; they are added to the file where it does not have them. */
  readonly fix?: { readonly title: string; readonly edits: readonly EditDraft[]; readonly imports?: readonly string[] };
}

export type Spare = (unit: FunctionUnit, at: Node, why: string) => void;

/** One package under analysis. */
export interface Pass {
  readonly pkg: Package;
  readonly files: readonly FileScope[];
  /** Every function and function literal with a body, in source order, enclosing ones first. */
  readonly units: readonly FunctionUnit[];
  /**
   * Those of them whose findings are wanted: all, as a rule, or those of the file that somebody is typing in. A rule looks for findings here;
   * what it has to know of the rest of the package it asks of `units`.
   */
  readonly scope: readonly FunctionUnit[];
  /** GODEBUG settings that the main module's go.mod (or the go.work) makes. */
  readonly godebug: ReadonlyMap<string, string>;
  /** What functions do, in this package and those it uses. */
  readonly summaries: Summaries;
  /** Some file of the package imports `path` directly. */
  imports(path: string): boolean;
  /**
   * Why what looks like a finding is none, for who asks (`stanch why`): a clause without a full stop. Called where a rule
   * holds its tongue on purpose, as its page's "When it stays silent" has it. Null where nobody asks.
   */
  readonly spare: Spare | null;
  /**
   * Report too, with confidence "low", what the source alone cannot tell from a leak, because it is handed to code that may keep it. For
   * who has a running process to hold it against: there it is the line of a leak that is seen, and nothing where none is.
   */
  readonly unsure: boolean;
}

export interface RulePass<M extends Messages> extends Pass {
  report(draft: ReportDraft<M>): void;
}

export interface Rule<M extends Messages = Messages> {
  /** Public name: stable for ever. */
  readonly id: string;
  /** One line, no full stop. */
  readonly title: string;
  readonly severity: Severity;
  /** The version of Stanch that first had it. */
  readonly since: string;
  readonly messages: M;
  /** It has reports of confidence "low", for `Pass.unsure`. Default: false. */
  readonly mayBeUnsure?: boolean;
  check(pass: RulePass<M>): void;
}

export function defineRule<M extends Messages>(rule: Rule<M>): Rule<M> {
  return rule;
}

/** Fills `{name}` places of a message. Throws where data is missing: a rule's mistake, found by its tests. */
export function formatMessage(text: string, data: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = data[name];
    if (value === undefined) throw new Error(`message needs {${name}}: ${text}`);
    return value;
  });
}
