/** Turns what rules report into findings: places, names of functions, messages, fingerprints. */
import { compareFindings, type Edit, type Finding, type PathStep, type Place } from "../diag/finding.ts";
import { fingerprint } from "../diag/fingerprint.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import type { Node } from "../go/syntax/ast.ts";
import { position } from "../go/syntax/lines.ts";
import type { FileScope, Package } from "../go/types/package.ts";
import { funcName } from "../go/types/print.ts";
import { withImports } from "./fix-imports.ts";
import { isTestSupport } from "./test-support.ts";
import { formatMessage, type Messages, type ReachedBy, type ReportDraft, type Rule } from "../rules/rule.ts";

export interface FoundFinding extends Finding {
  /** See `ReportDraft`; null where the package alone decides. */
  readonly reachedBy: ReachedBy | null;
  readonly package: string;
  readonly kin: string;
  readonly shape: string;
}

interface Draft {
  readonly finding: Omit<Finding, "fingerprint">;
  readonly reachedBy: ReachedBy | null;
  readonly text: string;
  readonly messageId: string;
}

export class Findings {
  private readonly drafts: Draft[] = [];

  constructor(private readonly pkg: Package) {}

  add<M extends Messages>(rule: Rule<M>, draft: ReportDraft<M>): void {
    const { file, at, unit } = draft;
    const end = position(file.file, at.end);
    if (draft.confidence === "low" && rule.mayBeUnsure !== true)
      throw new Error(`rule ${rule.id} is unsure and does not say that it may be`);
    const noteBecause = isTestSupport(file, unit)
      ? "the code is there for tests, or shows something"
      : (draft.noteBecause ?? null);
    const severity = noteBecause === null ? (draft.severity ?? rule.severity) : "note";
    this.drafts.push({
      finding: {
        rule: rule.id,
        severity,
        noteBecause,
        confidence: draft.confidence ?? "high",
        message: formatMessage(rule.messages[draft.message], draft.data ?? {}),
        ...placeOf(file, at),
        endLine: end.line,
        endColumn: end.column,
        function: unit === null ? "" : functionName(unit),
        path: (draft.path ?? []).map((s): PathStep => ({ ...placeOf(s.file, s.at), message: s.message })),
        fix:
          draft.fix === undefined
            ? null
            : {
                title: draft.fix.title,
                edits: withImports(file, draft.fix.edits, draft.fix.imports ?? [])
                  .map((e): Edit => ({ file: e.file.file.path, start: e.start, end: e.end, text: e.text }))
                  .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.start - b.start)),
              },
      },
      reachedBy: severity === "note" ? null : (draft.reachedBy ?? null),
      text: textOf(file, at),
      messageId: draft.message,
    });
  }

  /** All findings in the order of output, each with its fingerprint. */
  finish(): FoundFinding[] {
    const alike = new Map<string, Draft[]>();
    for (const d of this.drafts) {
      const key = `${d.finding.rule}\0${d.messageId}\0${d.text}`;
      const group = alike.get(key);
      if (group === undefined) alike.set(key, [d]);
      else group.push(d);
    }
    const out: FoundFinding[] = [];
    for (const group of alike.values()) {
      group.sort((a, b) => compareFindings({ ...a.finding, fingerprint: "" }, { ...b.finding, fingerprint: "" }));
      group.forEach(({ finding, reachedBy, text, messageId }, ordinal) =>
        out.push({
          ...finding,
          reachedBy,
          ...fingerprint({ rule: finding.rule, package: this.pkg.path, text, message: messageId, ordinal }),
          package: this.pkg.path,
        }),
      );
    }
    return out.sort(compareFindings);
  }
}

/** `net/http.Get`, `(*net/http.Client).Do`, `net/http.Get.func1`. */
export function functionName(unit: FunctionUnit): string {
  const outer = unit.outermost;
  const { func } = outer;
  const name = func === null ? `${unit.file.pkg.path}.${outer.name}` : funcName(func);
  return name + unit.name.slice(outer.name.length);
}

function placeOf(file: FileScope, at: Node): Place {
  return { file: file.file.path, ...position(file.file, at.pos) };
}

const decoder = new TextDecoder();

function textOf(file: FileScope, at: Node): string {
  return decoder.decode(file.file.src.subarray(at.pos, at.end));
}
