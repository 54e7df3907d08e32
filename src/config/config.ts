/** What a `stanch.yaml` says, ready for use: paths are absolute, durations milliseconds, names checked. */
import type { Alert, Level } from "./schema.ts";

export type { Alert, Level } from "./schema.ts";

/** A place in the file, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface DeclaredResource {
  readonly name: string;
  /** Full names. */
  readonly acquire: readonly string[];
  readonly result: number | null;
  /** Fields that lead from the acquired value to what is released. */
  readonly path: readonly string[];
  readonly methods: readonly string[];
  /** Calling the value itself releases. */
  readonly call: boolean;
  /** Full names of functions that take it back. */
  readonly functions: readonly string[];
  readonly lifetime: "call" | "shared";
}

export type DeclaredHandler = { readonly runs: string } & (
  | { readonly func: string }
  | { readonly params: readonly string[] }
);

export interface RuleLevels {
  /** Null: the rule's own. */
  readonly level: Level | null;
  /** In the order of the file; the last that fits counts. */
  readonly paths: readonly { readonly pattern: string; readonly level: Level }[];
}

export interface TargetEntry {
  /** Exactly one of the three is set. */
  readonly url: string | null;
  readonly pid: number | null;
  readonly unix: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca: string | null;
  readonly insecure: boolean;
  readonly metrics: string | null;
  readonly prometheus: {
    readonly url: string;
    readonly match: string | null;
    readonly headers: Readonly<Record<string, string>>;
  } | null;
  readonly intervalMs: number | null;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Config {
  /** Absolute path of the file, and its folder: paths in it are relative to that. */
  readonly file: string;
  readonly dir: string;
  readonly resources: readonly DeclaredResource[];
  readonly takesOwnership: readonly string[];
  readonly neverReturns: readonly string[];
  readonly handlers: readonly DeclaredHandler[];
  readonly rules: ReadonlyMap<string, RuleLevels>;
  readonly exclude: readonly string[];
  /** Absolute folders. */
  readonly source: readonly string[];
  readonly targets: ReadonlyMap<string, TargetEntry>;
  readonly alerts: readonly Alert[];
  readonly watch: {
    readonly intervalMs: number | null;
    readonly stallBudgetMs: number | null;
    /** Absolute. */
    readonly store: string | null;
    readonly retentionMs: number | null;
    readonly redact: boolean;
    /** Null: nothing is traced. */
    readonly traceMs: number | null;
    readonly srv: readonly string[];
    /** Absolute. */
    readonly fileSd: readonly string[];
  };
  readonly server: {
    readonly listen: string | null;
    readonly token: string | null;
    readonly allowHosts: readonly string[];
    /** Absolute. */
    readonly sourceRoots: readonly string[];
  };
  /** Where a value stands in the file: `at("targets", "api", "url")`; the nearest that is there. */
  at(...path: (string | number)[]): Position;
}
