/** The corpus's tables, read and checked: modules, labels, pairs. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type Label = "right" | "wrong" | "minor";

/** A leak that a later version of the module mends: reported in `before`, gone in `after`. */
export interface Pair {
  readonly before: string;
  readonly after: string;
  readonly rule: string;
  readonly file: string;
  /** End of the function's name, as findings have it. */
  readonly function: string;
  /** "yes": Stanch finds it; "no": known and not found, with the reason in `note`. */
  readonly found: boolean;
  readonly note: string;
  /** Where the fix leaves another leak of the same thing in place: a text in the line of the exit that it mends. */
  readonly exit: string;
}

function rows(file: string): string[][] {
  const path = join(import.meta.dirname, file);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((l) => l !== "" && !l.startsWith("#"))
    .map((l) => l.split("\t"));
}

export function modules(): string[] {
  return rows("modules.txt").map(([m]) => m);
}

/** A report that somebody has judged. */
export interface Labelled {
  readonly module: string;
  readonly rule: string;
  readonly label: Label;
  /** `file:line` at the time. */
  readonly place: string;
}

/** By `labelKey`: of the pinned modules, or of those that were drawn by lot and labelled at first sight. */
export function labels(file: "labels.tsv" | "drawn.tsv" = "labels.tsv"): Map<string, Labelled> {
  const out = new Map<string, Labelled>();
  for (const [module, rule, fingerprint, label, place] of rows(file)) {
    if (label !== "right" && label !== "wrong" && label !== "minor")
      throw new Error(`${file}: ${fingerprint} is labelled ${label}`);
    out.set(labelKey(module, rule, fingerprint), { module, rule, label, place });
  }
  return out;
}

export function labelKey(module: string, rule: string, fingerprint: string): string {
  return `${module}\t${rule}\t${fingerprint}`;
}

/** Real leaks in the corpus that another tool finds and Stanch does not: module, rule that should, place, tool, why it is missed. */
export function missed(): { readonly module: string; readonly rule: string }[] {
  return rows("missed.tsv").map(([module, rule]) => ({ module, rule }));
}

/** Those that the rules were mended on, or the second lot of threads. */
export function pairs(file: "pairs.tsv" | "drawn-pairs.tsv" = "pairs.tsv"): Pair[] {
  return rows(file).map(([before, after, rule, place, func, found, note = "", exit = ""]) => {
    if (found !== "yes" && found !== "no") throw new Error(`${file}: ${before} ${place}: found is ${found}`);
    return { before, after, rule, file: place, function: func, found: found === "yes", note, exit };
  });
}
