/**
 * The parser: one Go file to one tree, with the shape and the positions of Go's own go/parser.
 *
 * Recursive descent over one token of look-ahead. The grammar is split by noun over `parse-decl`, `parse-type`,
 * `parse-expr` and `parse-stmt`, all of them functions over the `Parser` of this file, which holds the token stream,
 * the comments and the recovery from errors:
 *
 * - Nothing throws. What cannot be parsed is reported once per line and becomes a Bad node.
 * - A missing token is reported and taken as given; nothing is consumed in its place. Every list loop makes progress
 *   by itself (`skipIfStuck`).
 * - A declaration that begins in the first column while a body is still open means that the body's `}` is missing.
 *   The parser then pretends to be at the end of the file (`barrier`) until all open constructs have closed, and goes
 *   on with that declaration: one broken function does not take its neighbours along.
 * - Nesting is bounded (`MAX_NESTING`), chains (`a.b().c()`, `a + b + c`, `else if`) are built in loops.
 */
import { Ident } from "./ast-expr.ts";
import { File, NoPos } from "./ast.ts";
import type { FuncDecl, ImportSpec } from "./ast-decl.ts";
import type { CommentGroup, Decl } from "./ast.ts";
import { isGenerated } from "./comments.ts";
import { parseDecls, parsePackageClause } from "./parse-decl.ts";
import { parseBlock } from "./parse-stmt.ts";
import { MAX_NESTING, Recovery } from "./recovery.ts";
import { Token, tokenText } from "./token.ts";

export interface ParseOptions {
  /** Leave out function bodies of declarations (not of function literals); `parseBody` reads one later. */
  readonly skipBodies?: boolean;
  /** The same, and no comments, for generated files alone: nine tenths of an API package that nobody wrote. */
  readonly skipGenerated?: boolean;
  /** Keep comments and attach documentation; on by default. Those before the package clause are always kept. */
  readonly comments?: boolean;
}

export class Parser extends Recovery {
  skipBodies = false;
  imports: ImportSpec[] = [];
  /** Position of `range` where parseSimpleStmt met a range clause, else NoPos. */
  rangePos = NoPos;

  /** Consumes `tok` and returns its position; where something else stands, reports that and consumes nothing. */
  expect(tok: Token): number {
    const pos = this.pos;
    if (this.tok === tok) {
      this.next();
    } else {
      this.errorExpected(pos, `'${tokenText[tok]}'`);
    }
    return pos;
  }

  expectClosing(tok: Token, context: string): number {
    if (this.tok !== tok && this.atNewline()) {
      this.error(this.pos, `missing ',' before newline in ${context}`);
      this.next();
    }
    return this.expect(tok);
  }

  expectSemi(): void {
    switch (this.tok) {
      case Token.Semicolon:
        this.next();
        return;
      case Token.RParen:
      case Token.RBrace:
        return;
      case Token.Comma:
        this.errorExpected(this.pos, "';'");
        this.next();
        return;
      default:
        this.errorExpected(this.pos, "';'");
        this.syncStatement();
    }
  }

  /** True at a comma, and (with a report) where one seems to be missing before `follow`. */
  atComma(context: string, follow: Token): boolean {
    if (this.tok === Token.Comma) {
      return true;
    }
    if (this.tok !== follow) {
      this.error(this.pos, `missing ','${this.atNewline() ? " before newline" : ""} in ${context}`);
      return true;
    }
    return false;
  }

  /** Consumes the comma that `atComma` saw; where it was missing, what stands there only if nothing can begin with it. */
  passComma(before: number): void {
    if (this.tok === Token.Comma || this.pos === before || this.atNewline()) {
      this.next();
    }
  }

  // Whole files and single bodies.

  private begin(src: Uint8Array, at: number, comments: boolean): void {
    this.open(src, at, at > 0);
    this.barrier = false;
    this.resume();
    this.rangePos = NoPos;
    this.depth = 0;
    this.imports = [];
    this.comments = [];
    this.keepComments = comments;
    this.goVersion = null;
    this.lead = null;
    this.leadFor = -1;
    this.syncPos = -1;
    this.line = 0;
  }

  file(path: string, src: Uint8Array, options: ParseOptions): File {
    this.begin(src, 0, true);
    this.inHeader = true;
    this.skipBodies = options.skipBodies ?? false;
    if (src[0] === 0xff && src[1] === 0xfe) {
      this.error(0, "illegal UTF-8 encoding (got UTF-16)");
      this.offset = this.size;
    } else if (src[0] === 0xfe && src[1] === 0xff) {
      this.error(0, "illegal UTF-8 encoding (got UTF-16)");
      this.offset = this.size;
    }
    this.next();
    this.inHeader = false;
    const doc = this.doc();
    const packagePos = this.pos;
    const header = this.comments.length;
    this.keepComments = options.comments ?? true;
    const name = parsePackageClause(this);
    const generated = isGenerated(src, this.comments, header);
    if (generated && options.skipGenerated === true) {
      this.skipBodies = true;
      this.keepComments = false;
    }
    // Without a package clause this is likely no Go file: one problem says so, parsing on would say noise.
    const decls: Decl[] = name === null ? [] : parseDecls(this);
    const end = decls.length > 0 ? decls[decls.length - 1].end : name === null ? packagePos : name.end;
    this.problems.sort((a, b) => a.pos - b.pos);
    const file = new File(
      packagePos,
      end,
      path,
      src,
      doc,
      packagePos,
      name ?? new Ident(packagePos, packagePos, "_"),
      decls,
      this.imports,
      this.comments,
      this.lineTable(),
      this.problems,
      this.keepComments && !this.skipBodies,
      generated,
      this.goVersion,
    );
    this.release();
    return file;
  }

  body(file: File, decl: FuncDecl): void {
    this.begin(file.src, decl.bodyPos, false);
    this.inHeader = false;
    this.skipBodies = false;
    this.next();
    const body = parseBlock(this);
    decl.body = body;
    for (const problem of this.problems) {
      file.problems.push(problem);
    }
    this.release();
  }

  /** Lets go of what the last file left behind. */
  private release(): void {
    this.imports = [];
    this.comments = [];
    this.problems = [];
    this.lead = null;
    this.stack.length = 0;
  }
}

/**
 * Nesting is bounded with V8's default stack in mind. A caller that has used most of it gets a second try with a tenth
 * of the nesting, which ordinary files do with; then null.
 */
function guarded<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
  }
  try {
    parser.maxNesting = MAX_NESTING / 10;
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
    return null;
  } finally {
    parser.maxNesting = MAX_NESTING;
  }
}

const OUT_OF_STACK = "exceeded max nesting depth (no stack left)";

function unread(path: string, src: Uint8Array): File {
  const name = new Ident(0, 0, "_");
  const problems = [{ pos: 0, message: OUT_OF_STACK }];
  return new File(0, 0, path, src, null, 0, name, [], [], [], Uint32Array.of(0), problems, true, false, null);
}

/** One parser serves all files: parsing never suspends, and one object keeps its fields' types settled. */
const parser = new Parser();

/**
 * Parses a Go source file. Never throws: what is wrong is in `file.problems`, and the tree holds what could be read.
 *
 * @param path names the file in the result; nothing is read from it.
 * @param src the file's bytes (UTF-8). The tree keeps them; do not change them afterwards.
 */
export function parseFile(path: string, src: Uint8Array, options: ParseOptions = {}): File {
  return guarded(() => parser.file(path, src, options)) ?? unread(path, src);
}

/**
 * Reads the body of a function that `skipBodies` left out, into `decl.body`. Does nothing where there is none or it is
 * there already. Problems are added to `file.problems`; comments inside the body are not kept (`commentsOf` reads them).
 */
export function parseBody(file: File, decl: FuncDecl): void {
  if (decl.body === null && decl.bodyPos !== NoPos) {
    const done = guarded(() => {
      parser.body(file, decl);
      return true;
    });
    if (done === null) {
      file.problems.push({ pos: decl.bodyPos, message: OUT_OF_STACK });
    }
  }
}

const reread = new WeakMap<File, readonly CommentGroup[]>();

/** All comments of a file in source order, whatever its tree was read without or has dropped. */
export function commentsOf(file: File): readonly CommentGroup[] {
  if (file.hasComments) return file.comments;
  let comments = reread.get(file);
  if (comments === undefined) reread.set(file, (comments = parseFile(file.path, file.src).comments));
  return comments;
}
