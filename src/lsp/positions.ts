/** Byte offsets and byte columns of a text as LSP positions. */
import type { Position, Range } from "./messages.ts";

const decoder = new TextDecoder();

export class Positions {
  private readonly starts: number[] = [0];

  constructor(private readonly bytes: Uint8Array) {
    for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i + 1)) this.starts.push(i + 1);
  }

  /** `line` and `column` from 1, the column in bytes; what lies outside is drawn in. */
  at(line: number, column: number): Position {
    const l = Math.min(Math.max(1, line), this.starts.length);
    const start = this.starts[l - 1];
    const end = l < this.starts.length ? this.starts[l] - 1 : this.bytes.length;
    const to = Math.min(Math.max(start, start + column - 1), end);
    return { line: l - 1, character: decoder.decode(this.bytes.subarray(start, to)).length };
  }

  offset(offset: number): Position {
    let low = 0;
    let high = this.starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return this.at(low + 1, offset - this.starts[low] + 1);
  }

  /** White space at the beginning of a line, from 1. */
  indent(line: number): string {
    const start = this.starts[Math.min(Math.max(1, line), this.starts.length) - 1];
    let end = start;
    while (this.bytes[end] === 9 || this.bytes[end] === 32) end++;
    return decoder.decode(this.bytes.subarray(start, end));
  }

  /** The end of the word that begins at a place: what an editor underlines for a step of a path. */
  word(line: number, column: number): Range {
    const start = this.starts[Math.min(Math.max(1, line), this.starts.length) - 1] + column - 1;
    let end = start;
    while (end < this.bytes.length && /[\w$]/.test(String.fromCharCode(this.bytes[end]))) end++;
    return { start: this.at(line, column), end: this.offset(Math.max(end, Math.min(start + 1, this.bytes.length))) };
  }
}
