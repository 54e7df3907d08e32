/** `stanch check --baseline`: reads it, compares, writes it anew where that is asked for. */
import { existsSync, readFileSync } from "node:fs";
import { UsageError } from "../base/errors.ts";
import {
  type BaselineEntry,
  baselineText,
  compareWithBaseline,
  type Comparison,
  parseBaseline,
} from "../check/baseline.ts";
import type { CheckOutcome } from "../check/run.ts";
import { writeWhole } from "./files.ts";

export interface BaselineFlags {
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
}

/** Compares with the baseline, and writes the new one where that is asked for: then nothing is new. */
export function againstBaseline(
  outcome: CheckOutcome,
  flags: BaselineFlags,
  rules: readonly string[],
): Comparison | null {
  const { baseline: file, updateBaseline: update = false } = flags;
  if (file === undefined) {
    if (update) throw new UsageError("--update-baseline needs --baseline FILE");
    return null;
  }
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
  const scope = { packages: new Set(outcome.packages), rules: new Set(rules) };
  if (!update) return compareWithBaseline(entries, outcome.findings, scope);
  const text = baselineText(entries, outcome.findings, scope);
  writeWhole(file, text);
  const now = parseBaseline(text, file);
  return compareWithBaseline(now, outcome.findings, scope);
}
