/** What comments say: their text, directives, the mark of generated files, the language version of a build line. */
import type { Comment, CommentGroup, GoVersion } from "./ast.ts";
import { decode } from "./intern.ts";

/** The comment as written, with its slashes, without carriage returns. */
export function commentSource(src: Uint8Array, comment: Comment): string {
  const text = decode(src, comment.pos, comment.end);
  return text.includes("\r") ? text.replaceAll("\r", "") : text;
}

/**
 * The prose of a group as go/ast's CommentGroup.Text gives it: without comment marks and directives, trailing space
 * and repeated blank lines removed, one newline at the end ("" for nothing).
 */
export function commentText(src: Uint8Array, group: CommentGroup): string {
  const lines: string[] = [];
  for (const comment of group.list) {
    let text = commentSource(src, comment);
    if (text.startsWith("//")) {
      text = text.slice(2);
      if (text.startsWith(" ")) {
        text = text.slice(1);
      } else if (isDirective(text)) {
        continue;
      }
    } else {
      text = text.slice(2, -2);
    }
    for (const line of text.split("\n")) {
      lines.push(line.trimEnd());
    }
  }
  const kept = lines.filter((line, i) => line !== "" || (i > 0 && lines[i - 1] !== ""));
  while (kept.length > 0 && kept[kept.length - 1] === "") {
    kept.pop();
  }
  return kept.length === 0 ? "" : `${kept.join("\n")}\n`;
}

/** `line `, `extern `, `export ` and `[a-z0-9]+:[a-z0-9]` begin a directive when nothing stands between it and `//`. */
function isDirective(text: string): boolean {
  return /^(?:line |extern |export |[a-z0-9]+:[a-z0-9])/.test(text);
}

/** A machine-readable comment: `//go:embed *.txt` is { tool: "go", name: "embed", args: "*.txt" }. */
export interface Directive {
  readonly pos: number;
  readonly end: number;
  /** "go", "stanch", …; "" for forms without a colon, such as `//nolint` and `//export`. */
  readonly tool: string;
  readonly name: string;
  /** What follows the name, trimmed. */
  readonly args: string;
}

/**
 * The directive in a line comment, or null. Recognised: `//tool:name args` (nothing between `//` and the tool),
 * `//nolint`, `//nolint:a,b` (also with a space before it, as people write it) and `//export name`.
 */
export function directive(src: Uint8Array, comment: Comment): Directive | null {
  if (src[comment.pos + 1] !== 47) {
    return null;
  }
  // Cheap first: nearly every comment has a space after the slashes and no "nolint" after it.
  const first = src[comment.pos + 2];
  if (first === 32 && src[comment.pos + 3] !== 110) {
    return null;
  }
  const { pos, end } = comment;
  const text = commentSource(src, comment).slice(2);
  const nolint = /^ ?nolint(?::(\S*))?(?:\s|$)/.exec(text);
  if (nolint !== null) {
    return { pos, end, tool: "", name: "nolint", args: nolint[1] ?? "" };
  }
  const match = /^([a-z0-9]+):([a-zA-Z0-9][^\s]*)(?:\s+(.*))?$/.exec(text);
  if (match !== null) {
    return { pos, end, tool: match[1], name: match[2], args: (match[3] ?? "").trim() };
  }
  const plain = /^(export|line|extern)\s+(.*)$/.exec(text);
  return plain === null ? null : { pos, end, tool: "", name: plain[1], args: plain[2].trim() };
}

/** All directives among the comments of a file, or those of one tool, in source order. */
export function directives(src: Uint8Array, comments: readonly CommentGroup[], tool?: string): Directive[] {
  const found: Directive[] = [];
  for (const group of comments) {
    for (const comment of group.list) {
      const d = directive(src, comment);
      if (d !== null && (tool === undefined || d.tool === tool)) {
        found.push(d);
      }
    }
  }
  return found;
}

/**
 * True where a line `// Code generated … DO NOT EDIT.` stands among the first `count` groups (those before the package
 * clause). Source: https://go.dev/s/generatedcode; as in go/ast.IsGenerated it may be a line of a block comment.
 */
export function isGenerated(src: Uint8Array, groups: readonly CommentGroup[], count: number): boolean {
  for (let i = 0; i < count; i++) {
    for (const comment of groups[i].list) {
      const text = commentSource(src, comment);
      if (text.includes("// Code generated") && /^\/\/ Code generated .* DO NOT EDIT\.$/m.test(text)) {
        return true;
      }
    }
  }
  return false;
}

/**
 * The lowest language version a `//go:build` line implies (go/build/constraint.GoVersion): `go1.21 && linux` is 1.21,
 * `go1.21 || linux` is none. Null where it implies none, undefined where the line is no valid constraint.
 */
export function buildLineVersion(line: string): GoVersion | null | undefined {
  if (!/^\/\/go:build(?:\s|$)/.test(line)) {
    return undefined;
  }
  const tokens = line.slice("//go:build".length).match(/\s+|&&|\|\||[!()]|[\p{L}\p{Nd}_.]+|./gu) ?? [];
  const words = tokens.filter((t) => t.trim() !== "");
  const expr = new ConstraintReader(words);
  const minor = expr.or(1);
  if (minor === undefined || !expr.done() || minor < 0) {
    return expr.failed || !expr.done() ? undefined : null;
  }
  return { major: 1, minor };
}

/** Recursive descent over a constraint, evaluated as the minimal minor version on the fly; -1 is "any". */
class ConstraintReader {
  private at = 0;
  private depth = 0;
  failed = false;
  constructor(private readonly words: readonly string[]) {}

  done(): boolean {
    return !this.failed && this.at === this.words.length;
  }

  /** `sign` is -1 under an odd number of negations. */
  or(sign: number): number | undefined {
    let x = this.and(sign);
    while (this.words[this.at] === "||") {
      this.at++;
      const y = this.and(sign);
      x = combine(x, y, sign > 0 ? Math.min : Math.max);
    }
    return x;
  }

  private and(sign: number): number | undefined {
    let x = this.not(sign);
    while (this.words[this.at] === "&&") {
      this.at++;
      const y = this.not(sign);
      x = combine(x, y, sign > 0 ? Math.max : Math.min);
    }
    return x;
  }

  private not(sign: number): number | undefined {
    if (++this.depth > 1000) {
      this.failed = true;
      return undefined;
    }
    const x = this.operand(sign);
    this.depth--;
    return x;
  }

  private operand(sign: number): number | undefined {
    const word = this.words[this.at++];
    if (word === "!") {
      return this.not(-sign);
    }
    if (word === "(") {
      const x = this.or(sign);
      if (this.words[this.at++] !== ")") {
        this.failed = true;
      }
      return x;
    }
    if (word === undefined || !/^[\p{L}\p{Nd}_.]+$/u.test(word)) {
      this.failed = true;
      return undefined;
    }
    if (sign < 0) {
      return -1;
    }
    const match = /^go1(?:\.(\d+))?$/.exec(word);
    return match === null ? -1 : Number(match[1] ?? 0);
  }
}

function combine(
  x: number | undefined,
  y: number | undefined,
  pick: (a: number, b: number) => number,
): number | undefined {
  return x === undefined || y === undefined ? undefined : pick(x, y);
}
