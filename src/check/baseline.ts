/**
 * A baseline: findings that were there when somebody decided to look at new ones only. docs/formats/baseline.md
 *
 * Findings are matched by kin (rule, message, package and text, but no ordinal). Within one kin those in functions of the same
 * name belong together first; what is left is matched by number, so that a renamed function makes nothing new, and one more
 * leak of the same text is reported where it was added. A finding whose message is another one now (it leaks on fewer paths, or
 * is a note since the go line changed) and one of a package that is gone are matched by shape, the rule and the text alone. An older revision is compared with in the same way (`--new-from`).
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
  /** Empty in files of before there were shapes. */
  readonly shape: string;
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
  return findings.map((e) => ({ ...e, shape: e.shape ?? "" }));
}

function isEntry(value: unknown): value is Omit<BaselineEntry, "shape"> & { shape?: string } {
  if (typeof value !== "object" || value === null) return false;
  const e = value as Partial<Record<string, unknown>>;
  return (
    ["rule", "package", "file", "function", "kin"].every((key) => typeof e[key] === "string") &&
    (e["shape"] === undefined || typeof e["shape"] === "string")
  );
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
  /** The package is not there any more: it was deleted, or has another path now. Default: none is. */
  readonly isGone?: (path: string) => boolean;
  /** A finding there would not be shown: its file is excluded, its rule off. Default: none is. */
  readonly isHidden?: (entry: BaselineEntry) => boolean;
}

export function compareWithBaseline(
  entries: readonly BaselineEntry[],
  findings: readonly CheckedFinding[],
  scope: Scope,
): Comparison {
  const open = new Set(entries);
  const judged = findings.filter((f) => !f.suppressed);
  const known = new Set<CheckedFinding>();
  // From what is surely the same to what is most likely the same.
  for (const [keyOfEntry, keyOfFinding] of [
    [(e) => `${e.kin} ${e.function}`, (f) => `${f.kin} ${f.function}`],
    [(e) => within(e, e.function), (f) => within(f, f.function)], // it is said otherwise now: leaks on fewer paths
    [(e) => e.kin, (f) => f.kin], // its function was renamed, or the code moved
    [(e) => within(e, ""), (f) => within(f, "")], // both
    [(e) => (isGone(scope, e) ? e.shape : ""), (f) => f.shape], // its package has another path
  ] satisfies [(e: BaselineEntry) => string, (f: CheckedFinding) => string][]) {
    const table = new Map<string, BaselineEntry[]>();
    for (const e of open) if (keyOfEntry(e) !== "") push(table, keyOfEntry(e), e);
    for (const f of judged) {
      if (known.has(f)) continue;
      const entry = table.get(keyOfFinding(f))?.shift();
      if (entry === undefined) continue;
      open.delete(entry);
      known.add(f);
    }
  }
  return {
    fresh: findings.filter((f) => !known.has(f)),
    known: findings.filter((f) => known.has(f)),
    fixed: [...open].filter((e) => covers(scope, e)),
  };
}

/** Empty for entries without a shape. */
function within(x: { readonly shape: string; readonly package: string }, func: string): string {
  return x.shape === "" ? "" : `${x.shape} ${x.package} ${func}`;
}

function covers(scope: Scope, e: BaselineEntry): boolean {
  if (!scope.rules.has(e.rule)) return false;
  return isGone(scope, e) || (scope.packages.has(e.package) && scope.isHidden?.(e) !== true);
}

function isGone(scope: Scope, e: BaselineEntry): boolean {
  return !scope.packages.has(e.package) && scope.isGone?.(e.package) === true;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** What a finding is in a baseline. */
export function entryOf(f: CheckedFinding): BaselineEntry {
  return { rule: f.rule, package: f.package, file: f.file, function: f.function, kin: f.kin, shape: f.shape };
}

/** The new baseline: what was found, and entries that this run did not look for. */
export function baselineText(
  before: readonly BaselineEntry[],
  findings: readonly CheckedFinding[],
  scope: Scope,
): string {
  const now = findings.filter((f) => !f.suppressed).map(entryOf);
  return textOf([...before.filter((e) => !covers(scope, e)), ...now]);
}

/** The baseline without what is fixed; nothing is added. Moved entries take their new places. */
export function shrunkText(before: readonly BaselineEntry[], { known, fixed }: Comparison, scope: Scope): string {
  const gone = new Set(fixed);
  const hidden = before.filter((e) => !gone.has(e) && !covers(scope, e));
  return textOf([...hidden, ...known.map(entryOf)]);
}

/** One line each, sorted, so that merges conflict rarely. */
function textOf(entries: readonly BaselineEntry[]): string {
  const lines = entries
    .map(({ rule, package: path, file, function: func, kin, shape }) =>
      JSON.stringify({ rule, package: path, file, function: func, kin, shape }),
    )
    .sort();
  return `{\n"schema": "${Schema}",\n"findings": [\n${lines.join(",\n")}\n]\n}\n`;
}
