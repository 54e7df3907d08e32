/**
 * A source file while it is read: its bytes, its lines, what is wrong with it, and the current token.
 *
 * The scanner and the parser are further layers of the same object (Source, LiteralScanner, Scanner, TokenStream,
 * Recovery, Parser): one object with one shape is what V8 reads and writes fastest, and each layer is one noun.
 */
import type { SyntaxProblem } from "./ast.ts";
import { decode } from "./intern.ts";
import { codePointAt } from "./rune.ts";
import { Token } from "./token.ts";

/** Problems recorded per file; more tell nothing new. */
const MAX_PROBLEMS = 50;

/**
 * Files are copied into one shared buffer that ends in a NUL: the scanner then reads one byte past the end freely,
 * and always the same kind of array, which keeps its loads monomorphic. Above this size the buffer is not kept.
 */
const KEEP_BUFFER = 1 << 22;
let shared = new Uint8Array(1 << 18);
let sharedView = new DataView(shared.buffer);
let sharedHolds: Uint8Array | null = null;

/** `again`: the file was opened before and has not changed, so that what the buffer holds may be it. */
function padded(src: Uint8Array, again: boolean): Uint8Array {
  if (!again || sharedHolds !== src) {
    sharedHolds = null;
    // (Eight bytes of room: the interner reads whole words.)
    if (shared.length < src.length + 8 || (shared.length > KEEP_BUFFER && src.length < KEEP_BUFFER)) {
      shared = new Uint8Array(src.length + (src.length >> 1) + 64);
      sharedView = new DataView(shared.buffer);
    }
    shared.set(src);
    shared[src.length] = 0;
    sharedHolds = src;
  }
  return shared;
}

export class Source {
  tok: Token = Token.EOF;
  pos = 0;
  end = 0;
  /** Identifiers and literals: their text (raw strings without carriage returns). Stale for other tokens. */
  lit = "";
  /** The line of `pos`, from 1. */
  line = 1;

  problems: SyntaxProblem[] = [];
  protected problemLine = 0;

  protected buf: Uint8Array = shared;
  protected view: DataView = sharedView;
  protected size = 0;
  /** Where scanning goes on. */
  protected offset = 0;
  /** A newline now would end the statement. */
  protected semi = false;
  /** A block comment with a newline was returned; the semicolon it implies (offset, line) comes next. */
  protected pendingSemi = -1;
  protected pendingLine = 0;
  protected lineStarts = new Uint32Array(1 << 12);
  protected lineCount = 1;

  protected open(src: Uint8Array, at: number, again: boolean): void {
    this.buf = padded(src, again);
    this.view = sharedView;
    this.size = src.length;
    this.offset = at;
    this.semi = false;
    this.pendingSemi = -1;
    this.lineCount = 1;
    this.lineStarts[0] = 0;
    this.problems = [];
    this.problemLine = 0;
    if (at === 0 && src[0] === 0xef && src[1] === 0xbb && src[2] === 0xbf) {
      this.offset = 3;
    }
  }

  protected lineTable(): Uint32Array {
    const table = this.lineStarts.slice(0, this.lineCount);
    if (this.lineStarts.length > KEEP_BUFFER) {
      this.lineStarts = new Uint32Array(1 << 12);
      this.lineCount = 1;
    }
    return table;
  }

  /** Offset at which the line of the current token begins. */
  protected lineStart(): number {
    return this.lineStarts[this.line - 1];
  }

  protected addLine(start: number): void {
    if (this.lineCount === this.lineStarts.length) {
      const more = new Uint32Array(this.lineStarts.length * 2);
      more.set(this.lineStarts);
      this.lineStarts = more;
    }
    this.lineStarts[this.lineCount++] = start;
  }

  protected lineOf(pos: number): number {
    let low = 0;
    let high = this.lineCount;
    while (high - low > 1) {
      const mid = (low + high) >> 1;
      if (this.lineStarts[mid] <= pos) {
        low = mid;
      } else {
        high = mid;
      }
    }
    return low + 1;
  }

  /** Records a problem; a second one on the line of the last is taken for its consequence and dropped. */
  error(pos: number, message: string): void {
    const line = this.lineOf(pos);
    if (line === this.problemLine) {
      return;
    }
    this.problemLine = line;
    if (this.problems.length < MAX_PROBLEMS) {
      this.problems.push({ pos, message });
    }
  }

  /** Checks the character at `i`, which is NUL or beyond ASCII, and returns its length in bytes. */
  protected checkRune(i: number): number {
    const c = this.buf[i];
    if (c < 0x80) {
      if (c === 0) {
        this.error(i, "illegal character NUL");
      }
      return 1;
    }
    const rune = codePointAt(this.buf, i, this.size);
    if (rune < 0) {
      this.error(i, "illegal UTF-8 encoding");
      return 1;
    }
    if (rune === 0xfeff && i > 0) {
      this.error(i, "illegal byte order mark");
    }
    return rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
  }

  /** The source text of the current token. */
  protected text(): string {
    return decode(this.buf, this.pos, Math.min(this.end, this.pos + 100));
  }
}
