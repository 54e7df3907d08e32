/**
 * Reads the head of a Go file: constraints, package clause, imports. Enough to say which package a file belongs to and
 * whether it takes part in a build, at a fraction of a parse:
 *
 *     // Copyright …            ┐
 *     //go:build linux          │ constraints are looked for here only
 *                               ┘
 *     package main              → name
 *     import ("fmt"; x "a/b")   → imports
 *     func …                    → stop
 *
 * Works on bytes and allocates next to nothing; same reading of odd files as go/build (`;` counts as space, a syntax
 * error ends the head without an error: the parser will report it).
 */
export interface Header {
  /** Name in the package clause; empty where there is none. */
  readonly name: string;
  /** Import paths in order of appearance, unquoted, with duplicates. */
  readonly imports: readonly string[];
  /** Byte offset of each import path's opening quote. */
  readonly importPositions: readonly number[];
  /** Lines of the leading comments that may be constraints, or null where none can be. See `constraintLines`. */
  readonly leading: string | null;
  /** A comment `// import "path"` on the package clause: the path by which the package wants to be imported. */
  readonly importComment: string | null;
}

const NO_IMPORTS: readonly string[] = [];
const NO_POSITIONS: readonly number[] = [];
const decoder = new TextDecoder("utf-8");

const enum Byte {
  Tab = 9,
  Newline = 10,
  FormFeed = 12,
  Return = 13,
  Space = 32,
  Quote = 34,
  OpenParen = 40,
  CloseParen = 41,
  Star = 42,
  Dot = 46,
  Slash = 47,
  Semicolon = 59,
  Backslash = 92,
  Backquote = 96,
}

/** Null where the bytes end before the head does and `whole` is false: call again with the whole file. */
export function scanHeader(src: Uint8Array, whole: boolean): Header | null {
  return new HeaderScanner(src, whole).scan();
}

class HeaderScanner {
  #at = 0;
  #failed = false;

  constructor(
    readonly src: Uint8Array,
    readonly whole: boolean,
  ) {}

  scan(): Header | null {
    const { src } = this;
    if (src[0] === 0xef && src[1] === 0xbb && src[2] === 0xbf) this.#at = 3;
    const start = this.#at;
    this.#skipSpace();
    let leading = this.#mayConstrain(start, this.#at) ? decoder.decode(src.subarray(start, this.#at)) : null;
    // At the end of the file the last line is a line; before the package clause it is that clause's.
    if (leading !== null && this.#at >= src.length && !leading.endsWith("\n")) leading += "\n";

    let name = "";
    let importComment: string | null = null;
    let imports: string[] | null = null;
    let positions: number[] | null = null;
    if (this.#keyword("package")) {
      this.#skipSpace();
      name = this.#identifier();
      importComment = this.#importComment();
      this.#skipSpace();
      while (!this.#failed && this.#keyword("import")) {
        imports ??= [];
        positions ??= [];
        this.#skipSpace();
        if (src[this.#at] === Byte.OpenParen) {
          this.#at++;
          this.#skipSpace();
          while (!this.#failed && this.#at < src.length && src[this.#at] !== Byte.CloseParen) {
            this.#importSpec(imports, positions);
            this.#skipSpace();
          }
          this.#at++;
        } else {
          this.#importSpec(imports, positions);
        }
        this.#skipSpace();
      }
    }
    // At the very end the next byte might have continued what was read.
    if (!this.whole && this.#at >= src.length) return null;
    return { name, imports: imports ?? NO_IMPORTS, importPositions: positions ?? NO_POSITIONS, leading, importComment };
  }

  /** White space, semicolons and comments. */
  #skipSpace(): void {
    const { src } = this;
    const end = src.length;
    let i = this.#at;
    while (i < end) {
      const c = src[i];
      if (
        c === Byte.Space ||
        c === Byte.Newline ||
        c === Byte.Tab ||
        c === Byte.Return ||
        c === Byte.FormFeed ||
        c === Byte.Semicolon
      ) {
        i++;
      } else if (c === Byte.Slash && src[i + 1] === Byte.Slash) {
        const newline = src.indexOf(Byte.Newline, i + 2);
        i = newline < 0 ? end : newline + 1;
      } else if (c === Byte.Slash && src[i + 1] === Byte.Star) {
        let star = src.indexOf(Byte.Star, i + 2);
        while (star >= 0 && src[star + 1] !== Byte.Slash) star = src.indexOf(Byte.Star, star + 1);
        i = star < 0 ? end : star + 2;
      } else {
        // A slash as the last byte of a part may be half a comment.
        if (c === Byte.Slash && i + 1 === end) i = end;
        break;
      }
    }
    this.#at = i;
  }

  /** Whether "build" follows a `//go:` or `+` between two offsets: the one place where bytes become a string. */
  #mayConstrain(from: number, to: number): boolean {
    const { src } = this;
    // b u i l d; the two lines that matter have ':' or '+' before the b.
    for (let i = src.indexOf(0x62, from); i >= 0 && i < to; i = src.indexOf(0x62, i + 1)) {
      if (src[i + 1] !== 0x75 || src[i + 2] !== 0x69 || src[i + 3] !== 0x6c || src[i + 4] !== 0x64) continue;
      const before = i > from ? src[i - 1] : 0;
      if (before === 0x2b || before === 0x3a) return true;
    }
    return false;
  }

  #keyword(word: string): boolean {
    const { src } = this;
    for (let i = 0; i < word.length; i++) {
      if (src[this.#at + i] !== word.charCodeAt(i)) {
        if (this.#at + i >= src.length) this.#at = src.length;
        return false;
      }
    }
    const next = src[this.#at + word.length];
    if (next !== undefined && isIdent(next)) return false;
    this.#at += word.length;
    return true;
  }

  #identifier(): string {
    const { src } = this;
    const start = this.#at;
    let i = start;
    let ascii = true;
    for (; i < src.length; i++) {
      const c = src[i] ?? 0;
      if (!isIdent(c)) break;
      if (c >= 0x80) ascii = false;
    }
    this.#at = i;
    if (i === start) this.#failed = true;
    return text(src, start, i, ascii);
  }

  #importSpec(imports: string[], positions: number[]): void {
    const { src } = this;
    const c = src[this.#at] ?? 0;
    if (c === Byte.Dot) this.#at++;
    else if (isIdent(c)) this.#identifier();
    this.#skipSpace();
    const position = this.#at;
    const path = this.#string();
    if (path === null) {
      this.#failed = true;
      return;
    }
    imports.push(path);
    positions.push(position);
  }

  /** A string literal's value; null where there is none. Import paths with escapes are legal and never seen. */
  #string(): string | null {
    const { src } = this;
    const quote = src[this.#at];
    if (quote !== Byte.Quote && quote !== Byte.Backquote) {
      if (this.#at >= src.length) this.#at = src.length;
      return null;
    }
    const start = this.#at + 1;
    let escaped = false;
    let ascii = true;
    for (let i = start; i < src.length; i++) {
      const c = src[i] ?? 0;
      if (c === quote) {
        this.#at = i + 1;
        const value = text(src, start, i, ascii);
        return escaped ? unescape(value) : value;
      }
      if (c >= 0x80) ascii = false;
      if (quote === Byte.Quote) {
        if (c === Byte.Newline) {
          this.#at = i;
          return null;
        }
        if (c === Byte.Backslash) {
          escaped = true;
          i++;
        }
      }
    }
    this.#at = src.length;
    return null;
  }

  /** Between the package name and the end of its line. */
  #importComment(): string | null {
    const { src } = this;
    let i = this.#at;
    while (src[i] === Byte.Space || src[i] === Byte.Tab) i++;
    if (src[i] !== Byte.Slash) return null;
    let end = src.indexOf(Byte.Newline, i);
    if (end < 0) end = src.length;
    const line = decoder.decode(src.subarray(i, Math.min(end, i + 400)));
    return /^\/[/*]\s*import\s+["`]([^"`]+)["`]/.exec(line)?.[1] ?? null;
  }
}

function isIdent(c: number): boolean {
  return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || (c >= 0x30 && c <= 0x39) || c === 0x5f || c >= 0x80;
}

function text(src: Uint8Array, start: number, end: number, ascii: boolean): string {
  if (!ascii || end - start > 200) return decoder.decode(src.subarray(start, end));
  // Short ASCII: cheaper than a decoder call.
  let out = "";
  for (let i = start; i < end; i++) out += String.fromCharCode(src[i] ?? 0);
  return out;
}

function unescape(value: string): string {
  return (
    value
      // A byte, not a code point: above 0x7F it is no UTF-8 by itself.
      .replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) =>
        parseInt(hex, 16) < 0x80 ? String.fromCharCode(parseInt(hex, 16)) : "\uFFFD",
      )
      .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
      .replace(/\\(["\\])/g, "$1")
  );
}

export interface ConstraintLines {
  /** The one `//go:build` line, trimmed; it outranks all others. */
  readonly goBuild: string | null;
  readonly plusBuild: readonly string[];
  /** A second `//go:build` line stands in the head: an error in Go. */
  readonly repeated: boolean;
}

/**
 * Finds constraints in the leading comments (`Header.leading`), line by line as go/build does: `//go:build` anywhere in the leading
 * comments outside of block comments; `// +build` only in the run of `//` lines and blank lines at the top, and only before
 * the last blank line of that run (what follows it is the package's documentation).
 */
export function constraintLines(leading: string): ConstraintLines {
  let goBuild: string | null = null;
  let repeated = false;
  let ended = false;
  let inBlock = false;
  let plusCandidates: string[] = [];
  const plusBuild: string[] = [];
  const lines = leading.split("\n");
  // The package clause stands on the last one; what is before it there is no blank line.
  if (lines.at(-1)?.trim() === "") lines.pop();
  for (const raw of lines) {
    let line = raw.trim();
    if (line === "" && !ended) {
      plusBuild.push(...plusCandidates);
      plusCandidates = [];
      continue;
    }
    if (!line.startsWith("//")) ended = true;
    if (!inBlock && /^\/\/go:build(?:\s|$)/.test(line)) {
      if (goBuild === null) goBuild = line;
      else repeated = true;
    }
    if (!ended && /^\/\/\s*\+build(?:\s|$)/.test(line)) plusCandidates.push(line);
    while (line !== "") {
      if (inBlock) {
        const close = line.indexOf("*/");
        if (close < 0) break;
        inBlock = false;
        line = line.slice(close + 2).trim();
      } else if (line.startsWith("/*")) {
        inBlock = true;
        line = line.slice(2).trim();
      } else if (line.startsWith("//")) {
        break;
      } else {
        return { goBuild, plusBuild, repeated }; // a stray `;`: the comments are over
      }
    }
  }
  return { goBuild, plusBuild, repeated };
}
