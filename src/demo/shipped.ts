/** Files that come with the package: the examples, their pages, what was recorded of them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's folder, whether this runs from dist or from source. */
export const packageRoot = ((): string => {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, "package.json"))) {
    const up = dirname(dir);
    if (up === dir) throw new Error("the package's own folder is not there");
    dir = up;
  }
  return dir;
})();

export interface CasePage {
  readonly number: number;
  readonly name: string;
  readonly title: string;
  /** Markdown. */
  readonly text: string;
}

/** The pages under docs/cases, by number. */
export function casePages(): CasePage[] {
  const dir = join(packageRoot, "docs/cases");
  const out: CasePage[] = [];
  for (const file of readdirSync(dir)) {
    if (!file.endsWith(".md")) continue;
    const text = readFileSync(join(dir, file), "utf8");
    const head = /^# Case (\d+): (.+)$/m.exec(text);
    if (head !== null) out.push({ number: Number(head[1]), name: file.slice(0, -3), title: head[2], text });
  }
  return out.sort((a, b) => a.number - b.number);
}
