/** The imports that a fix needs, and those that nothing uses once it is made: edits beside its own. */
import type { EditDraft } from "../rules/rule.ts";
import type { GenDecl, ImportSpec } from "../go/syntax/ast-decl.ts";
import { type File, NodeKind } from "../go/syntax/ast.ts";
import { commentsOf } from "../go/syntax/parser.ts";
import { Token } from "../go/syntax/token.ts";
import { walk } from "../go/syntax/walk.ts";
import { parseString } from "../go/types/constant.ts";
import { PkgName } from "../go/types/object.ts";
import type { FileScope } from "../go/types/package.ts";
import { objOf } from "../go/types/record.ts";

/** `needed`: import paths that the new text uses by their last element. Edits in other files are left as they are. */
export function withImports(file: FileScope, edits: readonly EditDraft[], needed: readonly string[]): EditDraft[] {
  const own = edits.filter((e) => e.file === file);
  if (own.length === 0) return [...edits];
  const more: EditDraft[] = [];
  for (const path of needed) {
    const there = file.file.imports.some((s) => parseString(s.path.value) === path && s.name === null);
    if (!there) more.push({ file, ...added(file.file, path) });
  }
  for (const spec of unused(file, own)) more.push({ file, ...removed(file.file, spec) });
  return [...edits, ...more];
}

type Change = Pick<EditDraft, "start" | "end" | "text">;

/** Imports that are used now, and whose every use lies in text that the edits replace. */
function unused(file: FileScope, edits: readonly EditDraft[]): ImportSpec[] {
  if (edits.every((e) => e.start === e.end)) return [];
  const left = new Map<ImportSpec, number>();
  walk(file.file, (n) => {
    if (n.kind !== NodeKind.Ident) return;
    const obj = objOf(n);
    if (!(obj instanceof PkgName)) return;
    const spec = file.file.imports.find((s) => s.obj === obj);
    if (spec === undefined || spec.name === n) return;
    const goes = edits.some((e) => e.start <= n.pos && n.end <= e.end);
    left.set(spec, (left.get(spec) ?? 0) + (goes ? 0 : 1));
  });
  const inserted = edits.map((e) => e.text).join("\n");
  return [...left].flatMap(([spec, n]) => {
    const name = spec.name?.name ?? (spec.obj as PkgName).name;
    return n > 0 || new RegExp(`\\b${name}\\.`).test(inserted) ? [] : [spec];
  });
}

function declOf(file: File, spec: ImportSpec): GenDecl | null {
  for (const d of file.decls)
    if (d.kind === NodeKind.GenDecl && d.tok === Token.Import && d.specs.includes(spec)) return d;
  return null;
}

/** The spec with its line, and the whole declaration with the last of them. */
function removed(file: File, spec: ImportSpec): Change {
  const decl = declOf(file, spec);
  const whole = decl !== null && decl.specs.length === 1 ? decl : spec;
  let { start, end } = lineOf(file.src, whole.pos, whole.end);
  // The blank line behind a declaration goes with it.
  if (whole === decl && file.src[end] === 10 && (start === 0 || file.src[start - 2] === 10)) end++;
  return { start, end, text: "" };
}

/** The whole lines around a range, where nothing else stands on them; else the range. */
function lineOf(src: Uint8Array, pos: number, to: number): { start: number; end: number } {
  let start = pos;
  while (start > 0 && (src[start - 1] === 9 || src[start - 1] === 32)) start--;
  let end = to;
  while (end < src.length && src[end] !== 10) end++;
  return { start, end: Math.min(end + 1, src.length) };
}

/** Where gofmt would have it: in its place among the standard library's paths of the first group. */
function added(file: File, path: string): Change {
  const decls = file.decls.filter((d): d is GenDecl => d.kind === NodeKind.GenDecl && d.tok === Token.Import);
  const group = decls.find((d) => d.specs.length > 0 && d.lparen >= 0 && !isC(d));
  if (group === undefined) {
    const first = decls.find((d) => !isC(d));
    if (first !== undefined) return { start: first.pos, end: first.pos, text: `import "${path}"\n` };
    const end = file.name.end;
    return { start: end, end, text: `\n\nimport "${path}"` };
  }
  const specs = group.specs as readonly ImportSpec[];
  // Specs without a blank line between them are sorted together.
  let last: ImportSpec | null = null;
  for (const s of specs) {
    if (last !== null && gapBetween(file.src, last.end, s.pos)) break;
    const p = parseString(s.path.value) ?? "";
    if (p.includes(".") || p > path) break;
    last = s;
  }
  if (last !== null) {
    const { end } = lineOf(file.src, last.end, last.end);
    return { start: end, end, text: `\t"${path}"\n` };
  }
  const [first] = specs;
  const doc = commentsOf(file).find(
    (c) => c.pos > group.lparen && c.end <= first.pos && !gapBetween(file.src, c.end, first.pos),
  );
  const { start } = lineOf(file.src, doc?.pos ?? first.pos, first.end);
  const std = !(parseString(specs[0].path.value) ?? "").includes(".");
  return { start, end: start, text: std ? `\t"${path}"\n` : `\t"${path}"\n\n` };
}

function isC(d: GenDecl): boolean {
  return d.specs.some((s) => s.kind === NodeKind.ImportSpec && s.path.value === '"C"');
}

function gapBetween(src: Uint8Array, from: number, to: number): boolean {
  let lines = 0;
  for (let i = from; i < to; i++) if (src[i] === 10) lines++;
  return lines > 1;
}
