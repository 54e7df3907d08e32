/** The figures of the rules that are held: counts by rule, what they come to, and the table of them that the documents show. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Of one rule, or of all. */
export interface Figures {
  /** Reports by their label. */
  readonly right: number;
  readonly wrong: number;
  readonly minor: number;
  /** Real leaks that are known and not reported. */
  readonly missed: number;
  /** Mended leaks taken from threads (pairs.tsv): how many there are, and how many are reported before the fix and not after it. */
  readonly pairs: number;
  readonly found: number;
}

export interface Recorded {
  readonly rules: Readonly<Record<string, Figures>>;
  /** Mended leaks that were found as reports of ours: they keep what works, and say nothing of recall. */
  readonly ownPairs: { readonly pairs: number; readonly found: number };
}

export const none: Figures = { right: 0, wrong: 0, minor: 0, missed: 0, pairs: 0, found: 0 };

/** Null where nothing was reported. */
export function precisionOf({ right, wrong, minor }: Figures): number | null {
  const judged = right + wrong + minor;
  return judged === 0 ? null : right / judged;
}

/** Of all that is known to be right, whoever found it; null where nobody else found anything, so that there is nothing to compare with. */
export function recallOf({ right, missed, pairs, found }: Figures): number | null {
  return missed + pairs === 0 ? null : (right + found) / (right + missed + pairs);
}

export function totalOf(rules: Recorded["rules"]): Figures {
  return Object.values(rules).reduce((sum, f) => {
    const keys = Object.keys(none) as (keyof Figures)[];
    return Object.fromEntries(keys.map((k) => [k, sum[k] + f[k]])) as unknown as Figures;
  }, none);
}

const file = join(import.meta.dirname, "recorded.json");

export function recorded(): Recorded | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Recorded) : null;
}

export function percent(value: number | null): string {
  return value === null ? "–" : `${(100 * value).toFixed(1)} %`;
}

/** The rows of the documents' tables: rule, right, wrong, not worth it, precision, recall. */
export function tableRows({ rules }: Recorded): string[] {
  const row = (name: string, f: Figures): string =>
    `| ${name} | ${f.right} | ${f.wrong} | ${f.minor} | ${percent(precisionOf(f))} | ${percent(recallOf(f))} |`;
  const names = Object.keys(rules).sort();
  return [...names.map((name) => row(`\`${name}\``, rules[name])), row("all", totalOf(rules))];
}

const root = join(import.meta.dirname, "../..");
/** Where the table stands, below a head of its own language. */
export const tables: readonly string[] = ["README.md", "README.zh-CN.md", "docs/precision.md"].map((f) =>
  join(root, f),
);
const marked = /(<!-- bench:rules -->\n(?:\|.*\n){2})((?:\|.*\n)*)/;

/** The table's rows in a document; null where it has none. */
export function shownRows(document: string): string[] | null {
  const rows = marked.exec(document)?.[2];
  return rows === undefined ? null : rows.split("\n").filter((l) => l !== "");
}

/** Writes the figures down as those to hold, and into the documents. */
export function record(now: Recorded): void {
  writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`);
  for (const path of tables) {
    const text = readFileSync(path, "utf8");
    writeFileSync(
      path,
      text.replace(marked, (_, head: string) => `${head}${tableRows(now).join("\n")}\n`),
    );
  }
}
