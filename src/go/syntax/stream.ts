/**
 * The tokens of a file as the parser sees them: without comments, which are collected into groups on the way, with
 * documentation attached to what follows it, and with the wording of errors.
 */
import { Comment, CommentGroup } from "./ast.ts";
import type { GoVersion } from "./ast.ts";
import { buildLineVersion } from "./comments.ts";
import { decode } from "./intern.ts";
import { Scanner } from "./scanner.ts";
import { Token, tokenText } from "./token.ts";

export class TokenStream extends Scanner {
  /**
   * End of the last consumed token, which is the end of the node just parsed. Reading it here is cheaper than from the
   * node, whose class is one of fifty; for the same reason productions keep their start in a local variable.
   */
  prevEnd = 0;
  comments: CommentGroup[] = [];
  /** Shared scratch for lists of nodes: `list(mark)` cuts one out. */
  protected readonly stack: unknown[] = [];
  depth = 0;
  protected keepComments = true;
  protected inHeader = true;
  protected goVersion: GoVersion | null = null;
  protected lead: CommentGroup | null = null;
  protected leadFor = -1;
  /** While true the current token is a pretended EOF; `resume` restores the real one. */
  protected barrier = false;
  protected barrierTok: Token = Token.EOF;

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
}
