/**
 * Byte sequences to strings, each made once.
 *
 * A Go program repeats a small set of names; decoding bytes into a fresh JavaScript string per identifier would cost
 * more than the rest of scanning. Bytes are hashed and compared four at a time, the last word padded with zeros:
 *
 *     table   [ hash, id + 1, start, length,  hash, … ]   open addressing, linear probing; id + 1 = 0 is free
 *     arena   [ "brea", "k", "case", … ]                  words; `start` counts them, `length` bytes
 *     strings [ "break", "case", … ]                      per id
 *
 * What a probe needs lies side by side: it costs one cache line, and a second one in the arena.
 *
 * The table is emptied when it outgrows its limit (a long-lived server sees endless names): interning is a matter of
 * speed only, equal strings are equal whether shared or not. Entries before `pin()` (keywords) survive.
 */
export class ByteInterner {
  private table = new Int32Array(1 << 16);
  /** Slots, less one. */
  private mask = (1 << 14) - 1;
  private arena = new Int32Array(1 << 15);
  private arenaEnd = 0;
  private count = 0;
  private pinned = 0;
  private pinnedEnd = 0;
  readonly strings: string[] = [];

  /** @param limit how many entries to keep before starting afresh. */
  constructor(private readonly limit = 1 << 20) {}

  /** Entries made so far keep their ids for good. */
  pin(): void {
    this.pinned = this.count;
    this.pinnedEnd = this.arenaEnd;
  }

  /**
   * The id of the bytes `[start, end)` of `view`, which must reach at least three bytes beyond `end`.
   * `strings[id]` is their UTF-8 decoding. Ids other than pinned ones are valid until the next call.
   */
  intern(view: DataView, start: number, end: number): number {
    const length = end - start;
    const whole = start + (length & ~3);
    const tail = (1 << ((length & 3) << 3)) - 1;
    let hash = length;
    for (let i = start; i < whole; i += 4) {
      hash = Math.imul(hash ^ view.getInt32(i, true), HASH_PRIME);
      hash ^= hash >>> 15;
    }
    if (tail !== 0) {
      hash = Math.imul(hash ^ (view.getInt32(whole, true) & tail), HASH_PRIME);
      hash ^= hash >>> 15;
    }
    const { table, mask } = this;
    let slot = hash & mask;
    for (;;) {
      const at = slot << 2;
      const id = table[at + 1] - 1;
      if (id < 0) {
        return this.add(view, start, end, hash);
      }
      if (table[at] === hash && table[at + 3] === length) {
        const arena = this.arena;
        let word = table[at + 2];
        let i = start;
        while (i < whole && arena[word] === view.getInt32(i, true)) {
          word++;
          i += 4;
        }
        if (i === whole && (tail === 0 || arena[word] === (view.getInt32(whole, true) & tail))) {
          return id;
        }
      }
      slot = (slot + 1) & mask;
    }
  }

  private add(view: DataView, start: number, end: number, hash: number): number {
    if (this.count >= this.limit) {
      this.restart();
    }
    const id = this.count++;
    if (this.count * 2 > this.mask) {
      this.resize();
    }
    const length = end - start;
    const words = (length + 3) >> 2;
    while (this.arenaEnd + words > this.arena.length) {
      this.arena = doubled(this.arena);
    }
    this.place(hash, id + 1, this.arenaEnd, length);
    for (let i = 0; i < length; i += 4) {
      const left = length - i;
      const word = view.getInt32(start + i, true);
      this.arena[this.arenaEnd++] = left >= 4 ? word : word & ((1 << (left << 3)) - 1);
    }
    this.strings[id] = decode(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), start, end);
    return id;
  }

  private place(hash: number, key: number, start: number, length: number): void {
    let slot = hash & this.mask;
    while (this.table[(slot << 2) + 1] !== 0) {
      slot = (slot + 1) & this.mask;
    }
    const at = slot << 2;
    this.table[at] = hash;
    this.table[at + 1] = key;
    this.table[at + 2] = start;
    this.table[at + 3] = length;
  }

  private resize(): void {
    this.mask = this.mask * 2 + 1;
    this.replace(new Int32Array(this.table.length * 2), Infinity);
  }

  private restart(): void {
    this.count = this.pinned;
    this.arenaEnd = this.pinnedEnd;
    this.strings.length = this.pinned;
    this.replace(new Int32Array(this.table.length), this.pinned);
  }

  /** Moves the entries with ids below `limit` to a new table. */
  private replace(table: Int32Array<ArrayBuffer>, limit: number): void {
    const old = this.table;
    this.table = table;
    for (let at = 0; at < old.length; at += 4) {
      const key = old[at + 1];
      if (key !== 0 && key <= limit) {
        this.place(old[at], key, old[at + 2], old[at + 3]);
      }
    }
  }
}

/** 2^32 divided by the golden ratio, made odd: spreads consecutive values over all bits (Knuth, 6.4). */
const HASH_PRIME = 0x9e3779b1 | 0;

function doubled(a: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const b = new Int32Array(a.length * 2);
  b.set(a);
  return b;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8 bytes to a string; invalid sequences become U+FFFD. */
export function decode(buf: Uint8Array, start: number, end: number): string {
  // String.fromCharCode over a few ASCII bytes beats a call into the decoder by a wide margin.
  if (end - start <= 24) {
    let text = "";
    for (let i = start; i < end; i++) {
      const c = buf[i];
      if (c >= 0x80) {
        return utf8.decode(buf.subarray(start, end));
      }
      text += String.fromCharCode(c);
    }
    return text;
  }
  return utf8.decode(buf.subarray(start, end));
}
