/**
 * The parser: one Go file to one tree, with the shape and the positions of Go's own go/parser.
 *
 * Recursive descent over one token of look-ahead. The grammar is split by noun over `parse-decl`, `parse-type`,
 * `parse-expr` and `parse-stmt`, all of them functions over the `Parser` of this file, which holds the token stream,
 * the comments and the recovery from errors:
 *
 * - Nothing throws. What cannot be parsed is reported once per line and becomes a Bad node.
 * - A missing token is reported and taken as given; nothing is consumed in its place. Every list loop makes progress
 *   by itself (`stuck`).
 * - A declaration that begins in the first column while a body is still open means that the body's `}` is missing.
 *   The parser then pretends to be at the end of the file (`barrier`) until all open constructs have closed, and goes
 *   on with that declaration: one broken function does not take its neighbours along.
 * - Nesting is bounded (`MAX_NESTING`), chains (`a.b().c()`, `a + b + c`, `else if`) are built in loops.
 */
import { Comment, CommentGroup, File, Ident, NoPos } from "./ast.ts";
import type { Decl, FuncDecl, GoVersion, ImportSpec } from "./ast.ts";
import { buildLineVersion, isGenerated } from "./comments.ts";
import { decode } from "./intern.ts";
import { parseDecls, parsePackageClause } from "./parse-decl.ts";
import { parseBlock } from "./parse-stmt.ts";
import { Scanner } from "./scanner.ts";
import { Token, tokenText } from "./token.ts";

export interface ParseOptions {
  /** Leave out function bodies of declarations (not of function literals); `parseBody` reads one later. */
  readonly skipBodies?: boolean;
  /** Keep comments and attach documentation; on by default. Those before the package clause are always kept. */
  readonly comments?: boolean;
}

/**
 * How deep constructs may nest. Go's own parser allows 100,000 with its growing stack; V8's stack holds about 984 kB
 * and one level takes up to 14 frames (a call argument that is a function literal). Real files, generated ones
 * included, stay below 100.
 */
const MAX_NESTING = 1000;

/** Tokens at which a statement may begin that no expression begins with. */
const statementStart = tokenSet(
  Token.Break,
  Token.Const,
  Token.Continue,
  Token.Defer,
  Token.Fallthrough,
  Token.For,
  Token.Go,
  Token.Goto,
  Token.If,
  Token.Return,
  Token.Select,
  Token.Switch,
  Token.Type,
  Token.Var,
);

const declarationStart = tokenSet(Token.Import, Token.Const, Token.Type, Token.Var, Token.Func);

function tokenSet(...tokens: Token[]): Uint8Array {
  const set = new Uint8Array(128);
  for (const t of tokens) {
    set[t] = 1;
  }
  return set;
}

export class Parser extends Scanner {
  /** Below 0 in a control clause, where `{` begins the block and no composite literal. */
  exprLevel = 0;
  nesting = 0;
  /**
   * End of the last consumed token, which is the end of the node just parsed. Reading it here is cheaper than from the
   * node, whose class is one of fifty; for the same reason productions keep their start in a local variable.
   */
  prevEnd = 0;
  skipBodies = false;
  imports: ImportSpec[] = [];
  comments: CommentGroup[] = [];
  /** Position of `range` where parseSimpleStmt met a range clause, else NoPos. */
  rangePos = NoPos;
  /** Bodies that are open now: recovery by column is for these only. */
  openBodies = 0;
  /** Shared scratch for lists of nodes: `list(mark)` cuts one out. */
  private readonly stack: unknown[] = [];
  depth = 0;

  private keepComments = true;
  private inHeader = true;
  private goVersion: GoVersion | null = null;
  private lead: CommentGroup | null = null;
  private leadFor = -1;
  /** While true the current token is a pretended EOF; `resume` restores the real one. */
  private barrier = false;
  private barrierTok: Token = Token.EOF;
  private syncPos = -1;

  // Tokens and comments.

  next(): void {
    if (this.barrier) {
      return;
    }
    const line = this.line;
    this.prevEnd = this.end;
    this.scan();
    if (this.tok === Token.Comment) {
      this.nextComments(line);
    }
  }

  /** Collects comments up to the next token, in groups; `line` is where the previous token began. */
  private nextComments(line: number): void {
    if (!this.keepComments) {
      while (this.tok === Token.Comment) {
        this.scan();
      }
      return;
    }
    let group: CommentGroup | null = null;
    let endLine = -1;
    if (this.line === line) {
      // On the line of the previous token: never documentation of what follows (unless more comments come).
      group = this.commentGroup(0);
    }
    while (this.tok === Token.Comment) {
      group = this.commentGroup(1);
      endLine = this.groupEndLine;
    }
    if (endLine + 1 === this.line) {
      this.lead = group;
      this.leadFor = this.pos;
    }
  }

  private groupEndLine = 0;

  private commentGroup(gap: number): CommentGroup {
    const list: Comment[] = [];
    let endLine = this.line;
    while (this.tok === Token.Comment && this.line <= endLine + gap) {
      if (this.inHeader) {
        this.headerComment();
      }
      list.push(new Comment(this.pos, this.end));
      endLine = this.lineCount;
      this.scan();
    }
    this.groupEndLine = endLine;
    const group = new CommentGroup(list[0].pos, list[list.length - 1].end, list);
    this.comments.push(group);
    return group;
  }

  private headerComment(): void {
    // "//go:build"
    const { buf, pos, end } = this;
    if (end - pos > 10 && buf[pos + 1] === 47 && buf[pos + 2] === 103 && buf[pos + 3] === 111 && buf[pos + 4] === 58) {
      const version = buildLineVersion(decode(buf, pos, end));
      if (version !== undefined) {
        this.goVersion = version;
      }
    }
  }

  /** The comment group that ends on the line before the current token. */
  doc(): CommentGroup | null {
    return this.leadFor === this.pos ? this.lead : null;
  }

  /** The semicolon at hand was inserted at a newline. */
  atNewline(): boolean {
    return this.tok === Token.Semicolon && this.pos === this.end;
  }

  /** `tok === this.tok`, in a form that TypeScript does not take for settled after the next token was read. */
  is(tok: Token): boolean {
    return this.tok === tok;
  }

  // Lists.

  push(node: unknown): void {
    this.stack[this.depth++] = node;
  }

  list<T>(mark: number): T[] {
    const { stack, depth } = this;
    this.depth = mark;
    // Short lists are the rule, and a literal is allocated in place where slice is a call.
    switch (depth - mark) {
      case 0:
        return [];
      case 1:
        return [stack[mark] as T];
      case 2:
        return [stack[mark] as T, stack[mark + 1] as T];
      case 3:
        return [stack[mark] as T, stack[mark + 1] as T, stack[mark + 2] as T];
      default:
        return stack.slice(mark, depth) as T[];
    }
  }

  // Expectations.

  override error(pos: number, message: string): void {
    if (!this.barrier) {
      super.error(pos, message);
    }
  }

  errorExpected(pos: number, what: string): void {
    let message = `expected ${what}`;
    if (pos === this.pos) {
      if (this.atNewline()) {
        message += ", found newline";
      } else if (this.tok >= Token.Ident && this.tok <= Token.String) {
        message += `, found ${this.text()}`;
      } else {
        message += `, found '${tokenText[this.tok]}'`;
      }
    }
    this.error(pos, message);
  }

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

  // Recovery.

  /** For loops: true (once) where the last turn, which began at `before`, consumed nothing. It then consumes a token. */
  skipIfStuck(before: number): void {
    if (this.pos === before && this.tok !== Token.EOF) {
      this.next();
    }
  }

  /** Skips to where a statement may go on: past `;`, or before a `}` that closes the block at hand, or at a keyword. */
  syncStatement(): void {
    let braces = 0;
    for (;;) {
      switch (this.tok) {
        case Token.EOF:
          return;
        case Token.LBrace:
          braces++;
          break;
        case Token.RBrace:
          if (braces === 0) {
            return;
          }
          braces--;
          break;
        case Token.Semicolon:
          if (braces === 0) {
            this.next();
            return;
          }
          break;
        case Token.Case:
        case Token.Default:
          if (braces === 0) {
            return;
          }
          break;
        default:
          if (this.raiseBarrier()) {
            return;
          }
          if (braces === 0 && statementStart[this.tok] && this.pos > this.syncPos) {
            this.syncPos = this.pos;
            return;
          }
      }
      this.next();
    }
  }

  /** Skips to a token at which an expression or type has surely ended. */
  syncExpr(): void {
    let open = 0;
    for (;;) {
      switch (this.tok) {
        case Token.EOF:
          return;
        case Token.LParen:
        case Token.LBrack:
        case Token.LBrace:
          open++;
          break;
        case Token.RParen:
        case Token.RBrack:
        case Token.RBrace:
          if (open === 0) {
            return;
          }
          open--;
          break;
        case Token.Comma:
        case Token.Colon:
        case Token.Semicolon:
          if (open === 0) {
            return;
          }
          break;
        default:
          if (this.raiseBarrier()) {
            return;
          }
          if (open === 0 && statementStart[this.tok]) {
            return;
          }
      }
      this.next();
    }
  }

  /** Skips to where a declaration may begin: a keyword in the first column, or one after a semicolon outside braces. */
  syncDecl(): void {
    let braces = 0;
    let fresh = false;
    for (; this.tok !== Token.EOF; this.next()) {
      if (declarationStart[this.tok] && ((fresh && braces <= 0) || this.pos === this.lineStart())) {
        return;
      }
      fresh = this.tok === Token.Semicolon || this.tok === Token.RBrace;
      if (this.tok === Token.LBrace) {
        braces++;
      } else if (this.tok === Token.RBrace && braces > 0) {
        braces--;
      }
    }
  }

  /**
   * At a declaration keyword in the first column: pretends EOF from here on. Only for where something is wrong already
   * or such a keyword cannot stand; `missing` is what an open body or group lacks.
   */
  raiseBarrier(missing = "'}'"): boolean {
    if (this.barrier) {
      return true;
    }
    if (!declarationStart[this.tok] || this.pos !== this.lineStart()) {
      return false;
    }
    if (this.openBodies > 0) {
      this.errorExpected(this.pos, missing);
    }
    this.pretendEnd();
    return true;
  }

  private pretendEnd(): void {
    this.barrier = true;
    this.barrierTok = this.tok;
    this.tok = Token.EOF;
  }

  /**
   * At `func` where a statement begins: true where it begins a declaration after all, which is so if a name follows
   * (a function literal has none), or a receiver and a name and the keyword stands in the first column.
   */
  atStrayFunc(): boolean {
    const { buf, size } = this;
    let i = skipBlanks(buf, this.end);
    if (buf[i] !== 40) {
      return isNameByte(buf[i]);
    }
    if (this.pos !== this.lineStart()) {
      return false;
    }
    let depth = 0;
    const stop = Math.min(size, i + 1000);
    do {
      depth += buf[i] === 40 ? 1 : buf[i] === 41 ? -1 : 0;
      i++;
    } while (depth > 0 && i < stop);
    i = skipBlanks(buf, i);
    const name = i;
    while (isNameByte(buf[i])) {
      i++;
    }
    return i > name && buf[i] === 40 && !isKeywordFunc(buf, name, i);
  }

  /** Reports too deep nesting and skips to the next declaration in the first column, behind a pretended EOF. */
  tooDeep(): void {
    if (this.barrier) {
      return;
    }
    this.error(this.pos, "exceeded max nesting depth");
    while (this.tok !== Token.EOF && !(declarationStart[this.tok] && this.pos === this.lineStart())) {
      this.next();
    }
    this.pretendEnd();
  }

  /** Counts a level of nesting; false where there are too many. Pair with `nesting--`. */
  enter(): boolean {
    if (++this.nesting > MAX_NESTING) {
      this.tooDeep();
      return false;
    }
    return true;
  }

  /** At `{` of a function body that is to be skipped: goes past its `}` and returns that end, or -1 with nothing moved. */
  skipBody(): number {
    if (!this.skipBraces()) {
      return -1;
    }
    const end = this.pos + 1;
    this.end = end;
    this.next();
    return end;
  }

  /** At the top level: lifts the barrier. */
  resume(): void {
    if (this.barrier) {
      this.barrier = false;
      this.tok = this.barrierTok;
    }
    this.nesting = 0;
    this.openBodies = 0;
    this.exprLevel = 0;
  }

  // Whole files and single bodies.

  private begin(src: Uint8Array, at: number, comments: boolean): void {
    this.open(src, at);
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

function skipBlanks(buf: Uint8Array, i: number): number {
  while (buf[i] === 32 || buf[i] === 9) {
    i++;
  }
  return i;
}

function isNameByte(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || (c >= 48 && c <= 57) || c >= 0x80;
}

function isKeywordFunc(buf: Uint8Array, start: number, end: number): boolean {
  return end - start === 4 && decode(buf, start, end) === "func";
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
  return parser.file(path, src, options);
}

/**
 * Reads the body of a function that `skipBodies` left out, into `decl.body`. Does nothing where there is none or it is
 * there already. Problems are added to `file.problems`; comments inside the body are not kept.
 */
export function parseBody(file: File, decl: FuncDecl): void {
  if (decl.body === null && decl.bodyPos !== NoPos) {
    parser.body(file, decl);
  }
}
