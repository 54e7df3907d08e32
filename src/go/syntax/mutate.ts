/**
 * Makes broken Go out of good Go, for tests and fuzzing. Deterministic: the same seed and sources give the same mutants.
 */
export class Mutator {
  private state: number;

  constructor(
    seed: number,
    private readonly sources: readonly Uint8Array[],
  ) {
    this.state = seed | 1;
  }

  /** A number from 0 to `limit` - 1 (xorshift32, Marsaglia 2003). */
  private random(limit: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (x >>> 0) % Math.max(1, limit);
  }

  private source(): Uint8Array {
    return this.sources[this.random(this.sources.length)];
  }

  /** One to four mutations of one of the sources. */
  next(): Uint8Array {
    let src = this.source();
    for (let n = 1 + this.random(4); n > 0; n--) {
      src = this.mutate(src);
    }
    return src;
  }

  private mutate(src: Uint8Array): Uint8Array {
    const [start, end] = this.random(3) > 0 ? this.tokens(src) : this.bytes(src);
    const piece = src.subarray(start, end);
    switch (this.random(14)) {
      case 0:
      case 1:
      case 2:
        return replace(src, start, end, nothing);
      case 3:
      case 4:
        return replace(src, start, start, piece);
      case 5: {
        // Splice in a piece of another file.
        const other = this.source();
        const [from, to] = this.tokens(other);
        return replace(src, start, end, other.subarray(from, to));
      }
      case 6: {
        const [from] = this.tokens(src);
        return replace(src, from, from, piece);
      }
      case 7:
        return replace(src, start, end, bytesOf(fragments[this.random(fragments.length)]));
      case 8:
        return replace(src, start, start, bytesOf(fragments[this.random(fragments.length)]));
      case 9:
        return replace(src, start, start, Uint8Array.of(0x80 + this.random(0x80)));
      case 10:
        return replace(src, start, start, bytesOf(["\0", "\uFEFF", "\u00e9", "\u2028"][this.random(4)]));
      case 11:
        return this.random(4) === 0 ? replace(src, 0, 0, bytesOf("\uFEFF")) : src.slice(0, start);
      case 12:
        return this.random(4) === 0 ? withReturns(src) : replace(src, start, end, nothing);
      default: {
        const copy = src.slice();
        if (copy.length > 0) {
          copy[start] = this.random(256);
        }
        return copy;
      }
    }
  }

  /** A range of one to a few tokens, roughly. */
  private tokens(src: Uint8Array): [number, number] {
    let start = this.random(src.length);
    while (start > 0 && isWord(src[start]) && isWord(src[start - 1])) {
      start--;
    }
    let end = start;
    for (let n = 1 + this.random(this.random(8) === 0 ? 40 : 3); n > 0 && end < src.length; n--) {
      if (isWord(src[end])) {
        while (end < src.length && isWord(src[end])) {
          end++;
        }
      } else {
        end++;
      }
      while (end < src.length && (src[end] === 32 || src[end] === 9)) {
        end++;
      }
    }
    return [start, end];
  }

  private bytes(src: Uint8Array): [number, number] {
    const start = this.random(src.length);
    const length = this.random(20) === 0 ? this.random(src.length) : 1 + this.random(8);
    return [start, Math.min(src.length, start + length)];
  }
}

const nothing = new Uint8Array(0);

const fragments = [
  ..."{ } ( ) [ ] ; , : = := . ... <- -> ! ~ * & | || && + ++ \" ' ` // /* */ \\ # ? @ $ _ 0x 0b 1e 'a' \"s\"".split(
    " ",
  ),
  ..."func func( if else for range switch case default select go defer return type struct interface map chan".split(
    " ",
  ),
  ..."var const import package goto break continue fallthrough chan<- <-chan [...] []int T[P] x.(type) {}".split(" "),
  "\n",
  "\r\n",
  "\nfunc f() {\n",
  "\n}\n",
  "x, y := ",
  "for i := range ",
  "interface{ ~int | string }",
  "[T any]",
];

const encoder = new TextEncoder();

function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

function isWord(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || (c >= 48 && c <= 57) || c >= 0x80;
}

function replace(src: Uint8Array, start: number, end: number, by: Uint8Array): Uint8Array {
  const result = new Uint8Array(src.length - (end - start) + by.length);
  result.set(src.subarray(0, start));
  result.set(by, start);
  result.set(src.subarray(end), start + by.length);
  return result;
}

function withReturns(src: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (const c of src) {
    if (c === 10) {
      out.push(13);
    }
    out.push(c);
  }
  return Uint8Array.from(out);
}
