/** Byte positions in the terms of other formats: UTF-16 columns, and regions of byte ranges. */

const decoder = new TextDecoder();

/** The bytes of a file as it was analysed; null where it cannot be read. */
export type ReadSource = (file: string) => Uint8Array | null;

export interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export class SourceMap {
  private readonly lines = new Map<string, { bytes: Uint8Array; starts: number[] } | null>();

  constructor(private readonly read: ReadSource) {}

  private open(file: string): { bytes: Uint8Array; starts: number[] } | null {
    let found = this.lines.get(file);
    if (found === undefined) {
      const bytes = this.read(file);
      found = null;
      if (bytes !== null) {
        const starts = [0];
        for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i + 1)) starts.push(i + 1);
        found = { bytes, starts };
      }
      this.lines.set(file, found);
    }
    return found;
  }

  /** A line without its end; null where there is none. */
  line(file: string, line: number): Uint8Array | null {
    const f = this.open(file);
    const start = f?.starts[line - 1];
    if (f === null || start === undefined) return null;
    const end = f.starts[line] === undefined ? f.bytes.length : f.starts[line] - 1;
    return f.bytes.subarray(start, end);
  }

  /** A column that counts bytes as one that counts UTF-16 units; the same where the source is not at hand. */
  utf16(file: string, line: number, column: number): number {
    const bytes = this.line(file, line);
    return bytes === null ? column : decoder.decode(bytes.subarray(0, column - 1)).length + 1;
  }

  /** The region between two byte offsets, in UTF-16 columns; null where the source is not at hand. */
  region(file: string, start: number, end: number): Region | null {
    const f = this.open(file);
    if (f === null) return null;
    const place = (offset: number): [number, number] => {
      let low = 0;
      let high = f.starts.length;
      while (high - low > 1) {
        const mid = (low + high) >> 1;
        if (f.starts[mid] <= offset) low = mid;
        else high = mid;
      }
      return [low + 1, this.utf16(file, low + 1, offset - f.starts[low] + 1)];
    };
    const [startLine, startColumn] = place(start);
    const [endLine, endColumn] = place(end);
    return { startLine, startColumn, endLine, endColumn };
  }
}
