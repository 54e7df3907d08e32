/** What is old news: `--baseline`, `--new-from`. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../base/errors.ts";
import {
  type BaselineEntry,
  baselineText,
  compareWithBaseline,
  type Comparison,
  parseBaseline,
  type Scope,
  shrunkText,
} from "../check/baseline.ts";
import { Policy } from "../check/policy.ts";
import type { CheckOptions, CheckOutcome } from "../check/run.ts";
import { Loader } from "../go/load/loader.ts";
import { ModuleWorld } from "../go/load/module-world.ts";
import type { CheckFlags } from "./check-settings.ts";
import { writeWhole } from "./files.ts";

export interface News {
  /** What is neither in the baseline nor in the older revision. */
  readonly fresh: CheckOutcome["findings"];
  /** Null where there is no baseline. */
  readonly baseline: Comparison | null;
  /** How many findings the older revision has as well; null where none was named. */
  readonly older: number | null;
}

/** @throws UsageError, before anything is analysed, for flags that do not go together. */
export function judgeFlags(flags: CheckFlags): void {
  const { baseline, updateBaseline, shrinkBaseline, newFrom, newFromMergeBase } = flags;
  if (baseline === undefined && updateBaseline === true)
    throw new UsageError("--update-baseline needs --baseline FILE");
  if (baseline === undefined && shrinkBaseline === true)
    throw new UsageError("--shrink-baseline needs --baseline FILE");
  if (updateBaseline === true && shrinkBaseline === true)
    throw new UsageError("--update-baseline also forgets what is fixed; leave --shrink-baseline out");
  if (newFrom !== undefined && newFromMergeBase !== undefined)
    throw new UsageError("--new-from and --new-from-merge-base name two revisions; give one");
}

export async function newsOf(outcome: CheckOutcome, options: CheckOptions, flags: CheckFlags): Promise<News> {
  const baseline = againstBaseline(outcome, options, flags);
  const open = baseline?.fresh ?? outcome.findings;
  const rev = flags.newFrom ?? flags.newFromMergeBase;
  if (rev === undefined) return { fresh: open, baseline, older: null };
  const { openRevision } = await import("../check/revision.ts");
  const { introduced } = await import("../check/introduced.ts");
  const revision = openRevision(process.cwd(), rev, flags.newFromMergeBase !== undefined);
  const { fresh, known } = await introduced(process.cwd(), options, outcome, open, revision);
  return { fresh, baseline, older: known.length };
}

/** Compares with the baseline, and writes the new one where that is asked for: then nothing is new. */
function againstBaseline(outcome: CheckOutcome, options: CheckOptions, flags: CheckFlags): Comparison | null {
  const { baseline: file, updateBaseline: update = false } = flags;
  if (file === undefined) return null;
  let entries: BaselineEntry[] = [];
  if (existsSync(file) || !update) {
    let text;
    try {
      text = readFileSync(file, "utf8");
    } catch {
      throw new UsageError(`cannot read the baseline ${file}; --update-baseline writes one`);
    }
    try {
      entries = parseBaseline(text, file);
    } catch (e) {
      if (!update) throw e; // one that is written anew may be damaged
    }
  }
  const scope = scopeOf(outcome, options);
  if (update) {
    const text = baselineText(entries, outcome.findings, scope);
    writeWhole(file, text);
    return compareWithBaseline(parseBaseline(text, file), outcome.findings, scope);
  }
  const compared = compareWithBaseline(entries, outcome.findings, scope);
  if (flags.shrinkBaseline !== true || compared.fixed.length === 0) return compared;
  writeWhole(file, shrunkText(entries, compared, scope));
  return { ...compared, fixed: [] };
}

function scopeOf(outcome: CheckOutcome, options: CheckOptions): Scope {
  const policy = new Policy(options.config ?? null);
  const loader = Loader.open(outcome.root, options.load ?? {});
  const world = loader.worldAt(loader.dir);
  const mains = world instanceof ModuleWorld ? world.mains : [];
  return {
    packages: new Set(outcome.packages),
    rules: new Set(options.rules),
    isGone: (path) => {
      const main = mains.find((m) => path === m.path || path.startsWith(`${m.path}/`));
      return main !== undefined && !loader.disk.holdsGo(join(main.dir, path.slice(main.path.length)));
    },
    isHidden: (e) => {
      const path = resolve(outcome.root, e.file);
      return policy.isExcluded(path) || policy.levelOf(e.rule, path) === "off";
    },
  };
}
