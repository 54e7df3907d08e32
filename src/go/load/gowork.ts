/** go.work: several modules worked on together. https://go.dev/ref/mod#workspaces */
import type { GoVersion } from "../syntax/ast.ts";
import { parseReplacement, type Replacement } from "./gomod.ts";
import { parseModSyntax, type SyntaxReport } from "./mod-syntax.ts";
import { parseGoVersion } from "./semver.ts";

export interface GoWork {
  readonly go: string;
  readonly goVersion: GoVersion | null;
  readonly toolchain: string;
  /** Folders of modules, as written, with their lines. */
  readonly use: readonly { readonly path: string; readonly line: number; readonly column: number }[];
  readonly replace: readonly Replacement[];
  readonly problems: readonly SyntaxReport[];
}

/** Reads a go.work file; never throws. */
export function parseGoWork(source: string): GoWork {
  const syntax = parseModSyntax(source);
  const problems = [...syntax.problems];
  const use: { path: string; line: number; column: number }[] = [];
  const replace: Replacement[] = [];
  let go = "";
  let toolchain = "";
  for (const d of syntax.directives) {
    const args = d.args.map((a) => a.text);
    const first = args[0] ?? "";
    const report = (message: string): void => void problems.push({ line: d.line, column: d.column, message });
    if (d.verb === "replace") {
      const replacement = parseReplacement(args);
      if (typeof replacement === "string") report(replacement);
      else replace.push(replacement);
    } else if (d.verb === "use" || d.verb === "go" || d.verb === "toolchain" || d.verb === "godebug") {
      if (args.length !== 1) report(`${d.verb} directive expects exactly one argument`);
      else if (d.verb === "use") use.push({ path: first, line: d.line, column: d.column });
      else if (d.verb === "go") go = first;
      else if (d.verb === "toolchain") toolchain = first;
    } else {
      report(`unknown directive: ${d.verb}`);
    }
  }
  return { go, goVersion: parseGoVersion(go), toolchain, use, replace, problems };
}
