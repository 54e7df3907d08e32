/** Edits of sources: which of them go together, and what a file is with them. */
import type { Edit } from "../diag/finding.ts";
import type { CheckedFinding } from "./result.ts";

/** One fix for each function, none that overlap. */
export function oneForEachFunction(findings: readonly CheckedFinding[]): CheckedFinding[] {
  const functions = new Set<string>();
  const chosen: CheckedFinding[] = [];
  for (const f of findings) {
    const name = f.function.replace(/(?:\.func\d+)+$/, "");
    if (functions.has(name)) continue;
    if (chosen.some((c) => (c.fix?.edits ?? []).some((a) => (f.fix?.edits ?? []).some((b) => overlap(a, b))))) continue;
    functions.add(name);
    chosen.push(f);
  }
  return chosen;
}

/** All at once, as a rule; where that does not hold, each half of what did not, down to single ones. */
export function* parts(group: readonly CheckedFinding[]): Iterable<readonly CheckedFinding[]> {
  yield group;
  if (group.length <= 1) return;
  const half = group.length >> 1;
  yield* parts(group.slice(0, half));
  yield* parts(group.slice(half));
}

function overlap(a: Edit, b: Edit): boolean {
  return a.file === b.file && a.start <= b.end && b.start <= a.end;
}

export function byFile(findings: readonly CheckedFinding[]): Map<string, Edit[]> {
  const files = new Map<string, Edit[]>();
  for (const e of findings.flatMap((f) => f.fix?.edits ?? [])) files.set(e.file, [...(files.get(e.file) ?? []), e]);
  return files;
}

/** `edits` do not overlap; offsets are those of `source`. Throws a RangeError where they lie outside of it. */
export function applyEdits(source: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const e of [...edits].sort((a, b) => a.start - b.start)) {
    if (e.start < at || e.end < e.start || e.end > source.length)
      throw new RangeError("edits overlap or lie outside of the file");
    parts.push(source.subarray(at, e.start), Buffer.from(e.text));
    at = e.end;
  }
  parts.push(source.subarray(at));
  return Buffer.concat(parts);
}
