/**
 * A baseline: findings that were there when somebody decided to look at new ones only. docs/formats/baseline.md
 *
 * Findings are matched by kin (rule, message, package and text, but no ordinal). Within one kin those in functions of the same
 * name belong together first; what is left is matched by number, so that a renamed function makes nothing new, and one more
 * leak of the same text is reported where it was added.
 */
import { UsageError } from "../base/errors.ts";
import type { CheckedFinding } from "./result.ts";

export interface BaselineEntry {
  readonly rule: string;
  /** Import path. */
  readonly package: string;
  /** Where it was when the baseline was written: for readers, not for matching. */
  readonly file: string;
  readonly function: string;
  readonly kin: string;
}

const Schema = "stanch.baseline/1";

/** Throws a UsageError where the text is no baseline of this version. */
export function parseBaseline(text: string, name: string): BaselineEntry[] {
  if (/^(?:<{7}|={7}|>{7})/m.test(text))
    throw new UsageError(`${name} has conflict marks; take either side and run --update-baseline`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`${name} is no baseline: it is not JSON; write it anew with --update-baseline`);
  }
  const { schema, findings } = (typeof value === "object" && value !== null ? value : {}) as Partial<
    Record<string, unknown>
  >;
  if (schema !== Schema) {
    const newer = typeof schema === "string" && schema.startsWith("stanch.baseline/");
    throw new UsageError(
      newer
        ? `${name} was written by a newer Stanch (${schema}); update Stanch or write it anew with --update-baseline`
        : `${name} is no baseline: its "schema" is not "${Schema}"`,
    );
  }
  if (!Array.isArray(findings) || !findings.every(isEntry))
    throw new UsageError(
      `${name} is damaged: "findings" is not a list of findings; write it anew with --update-baseline`,
    );
  return findings;
}

function isEntry(value: unknown): value is BaselineEntry {
  if (typeof value !== "object" || value === null) return false;
  const e = value as Partial<Record<string, unknown>>;
  return ["rule", "package", "file", "function", "kin"].every((key) => typeof e[key] === "string");
}

export interface Comparison {
  readonly fresh: readonly CheckedFinding[];
  readonly known: readonly CheckedFinding[];
  /** Entries that are found no more. */
  readonly fixed: readonly BaselineEntry[];
}

/** What of the entries this run could have found again. */
export interface Scope {
  readonly packages: ReadonlySet<string>;
  readonly rules: ReadonlySet<string>;
}

export function compareWithBaseline(
  entries: readonly BaselineEntry[],
  findings: readonly CheckedFinding[],
  scope: Scope,
): Comparison {
  const open = new Map<string, BaselineEntry[]>();
  for (const e of entries) push(open, e.kin, e);
  const take = (f: CheckedFinding, same: boolean): boolean => {
    const list = open.get(f.kin) ?? [];
    const i = same ? list.findIndex((e) => e.function === f.function) : list.length - 1;
    if (i < 0) return false;
    list.splice(i, 1);
    return true;
  };
  const state = new Map<CheckedFinding, boolean>();
  const judged = findings.filter((f) => !f.suppressed);
  for (const f of judged) state.set(f, take(f, true));
  for (const f of judged) if (state.get(f) === false) state.set(f, take(f, false));
  const fixed = [...open.values()].flat().filter((e) => covers(scope, e));
  return {
    fresh: findings.filter((f) => state.get(f) !== true),
    known: findings.filter((f) => state.get(f) === true),
    fixed,
  };
}

function covers(scope: Scope, e: BaselineEntry): boolean {
  return scope.packages.has(e.package) && scope.rules.has(e.rule);
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** The new baseline: what was found, and entries that this run did not look for. One line each, so that merges are easy. */
export function baselineText(
  before: readonly BaselineEntry[],
  findings: readonly CheckedFinding[],
  scope: Scope,
): string {
  const now = findings
    .filter((f) => !f.suppressed)
    .map((f): BaselineEntry => ({ rule: f.rule, package: f.package, file: f.file, function: f.function, kin: f.kin }));
  const lines = [...before.filter((e) => !covers(scope, e)), ...now]
    .map((e) => JSON.stringify({ rule: e.rule, package: e.package, file: e.file, function: e.function, kin: e.kin }))
    .sort();
  return `{\n"schema": "${Schema}",\n"findings": [\n${lines.join(",\n")}\n]\n}\n`;
}
