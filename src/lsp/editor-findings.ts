/** Findings in the terms of editors. */
import type { Analysis } from "../check/incremental.ts";
import { ignorePages } from "../check/ignore-pages.ts";
import type { Severity } from "../diag/finding.ts";
import type { EditorFinding, Report } from "./messages.ts";
import { Positions } from "./positions.ts";

const severities: Readonly<Record<Severity, 1 | 2 | 3>> = { error: 1, warning: 2, note: 3 };

/** `read`: files as they were analysed; null where one cannot be read. */
export function reportOf(
  analysis: Omit<Analysis, "result">,
  read: (file: string) => Uint8Array | null,
  versions: Readonly<Record<string, number>>,
  final: boolean,
  part = false,
): Report {
  const maps = new Map<string, Positions>();
  const map = (file: string): Positions => {
    let m = maps.get(file);
    if (m === undefined) maps.set(file, (m = new Positions(read(file) ?? new Uint8Array())));
    return m;
  };
  const byFile = new Map<string, EditorFinding[]>(analysis.files.map((f) => [f, []]));
  for (const p of analysis.problems) {
    const at = map(p.file).at(Math.max(1, p.line), 1);
    const end = map(p.file).at(Math.max(1, p.line), 1 << 30);
    const rest = { rule: "", message: p.message, path: [], fix: null, ignore: null, function: "" };
    byFile.get(p.file)?.push({ range: { start: at, end }, severity: p.line > 0 ? 1 : 2, ...rest });
  }
  for (const f of analysis.findings) {
    if (f.suppressed) continue;
    const m = map(f.file);
    byFile.get(f.file)?.push({
      range: { start: m.at(f.line, f.column), end: m.at(f.endLine, f.endColumn) },
      severity: severities[f.severity],
      rule: f.rule,
      message: f.message,
      path: f.path.map((s) => ({ file: s.file, range: map(s.file).word(s.line, s.column), message: s.message })),
      fix:
        f.fix === null || !final
          ? null
          : {
              title: f.fix.title,
              edits: f.fix.edits.map((e) => ({
                file: e.file,
                range: { start: map(e.file).offset(e.start), end: map(e.file).offset(e.end) },
                newText: e.text,
              })),
            },
      ignore: ignorePages.has(f.rule)
        ? null
        : {
            file: f.file,
            range: { start: { line: f.line - 1, character: 0 }, end: { line: f.line - 1, character: 0 } },
            newText: `${m.indent(f.line)}//stanch:ignore ${f.rule} TODO: say why\n`,
          },
      function: f.function.replace(/(?:\.func\d+)+$/, ""),
    });
  }
  return {
    kind: "report",
    group: analysis.path,
    part,
    files: [...byFile].map(([file, findings]) => ({ file, findings })),
    versions,
    final,
    milliseconds: analysis.milliseconds,
  };
}
