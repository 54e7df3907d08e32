/**
 * Byte sequences to strings, each made once.
 *
 * A Go program repeats a small set of names; decoding bytes into a fresh JavaScript string per identifier would cost
 * more than the rest of scanning. The scanner hashes bytes as it walks over them and asks here with the hash in hand.
 * Entries lie in one byte arena, so that a probe compares typed arrays only; the string is made on the first miss.
 *
 *     table   [ -, 7, -, 2, … ]          open addressing, linear probing, id + 1 (0 = free)
 *     hashes  [ h0, h1, h2, … ]          per id
 *     starts  [ 0, 5, 12, … ]            per id: where its bytes begin in the arena (its end is the next start)
 *     strings [ "break", "case", … ]     per id
 *
 * The table is emptied when it outgrows its limit (a long-lived server sees endless names): interning is a matter of
 * speed only, equal strings are equal whether shared or not. Entries before `pinned` (keywords) survive.
 */
export class ByteInterner {
  private table = new Int32Array(1 << 14);
  private mask = (1 << 14) - 1;
  private hashes = new Int32Array(1 << 13);
  private starts = new Int32Array((1 << 13) + 1);
  private arena = new Uint8Array(1 << 17);
  private count = 0;
  private pinned = 0;
  readonly strings: string[] = [];

  /** @param limit how many entries to keep before starting afresh. */
  constructor(private readonly limit = 1 << 20) {}

  /** Entries made so far keep their ids for good. */
  pin(): void {
    this.pinned = this.count;
  }

  /**
   * The id of the bytes `buf[start, end)`, whose hash is `hash` (any function of the bytes, always the same one).
   * `strings[id]` is their UTF-8 decoding. Ids other than pinned ones are valid until the next call.
   */
  intern(buf: Uint8Array, start: number, end: number, hash: number): number {
    const { table, mask, hashes, starts, arena } = this;
    const length = end - start;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const id = table[slot] - 1;
      if (id < 0) {
        return this.add(buf, start, end, hash);
      }
      if (hashes[id] === hash) {
        const at = starts[id];
        if (starts[id + 1] - at === length) {
          let k = 0;
          while (k < length && arena[at + k] === buf[start + k]) {
            k++;
          }
          if (k === length) {
            return id;
          }
        }
      }
      slot = (slot + 1) & mask;
    }
  }

  private add(buf: Uint8Array, start: number, end: number, hash: number): number {
    if (this.count >= this.limit) {
      this.restart();
    }
    const id = this.count++;
    if (id + 1 >= this.hashes.length) {
      this.hashes = grown(this.hashes);
      const starts = new Int32Array(this.hashes.length + 1);
      starts.set(this.starts);
      this.starts = starts;
    }
    if (this.count * 2 > this.table.length) {
      this.rehash(this.table.length * 2);
    }
    const at = this.starts[id];
    const need = at + end - start;
    if (need > this.arena.length) {
      const arena = new Uint8Array(Math.max(need, this.arena.length * 2));
      arena.set(this.arena);
      this.arena = arena;
    }
    for (let k = start; k < end; k++) {
      this.arena[at + k - start] = buf[k];
    }
    this.starts[id + 1] = need;
    this.hashes[id] = hash;
    this.strings[id] = decode(buf, start, end);
    this.place(id);
    return id;
  }

  private place(id: number): void {
    const hash = this.hashes[id];
    let slot = (hash ^ (hash >>> 15)) & this.mask;
    while (this.table[slot] !== 0) {
      slot = (slot + 1) & this.mask;
    }
    this.table[slot] = id + 1;
  }

  private rehash(size: number): void {
    this.table = new Int32Array(size);
    this.mask = size - 1;
    // The newest id is not placed yet: `add` does that.
    for (let id = 0; id < this.count - 1; id++) {
      this.place(id);
    }
  }

  private restart(): void {
    this.count = this.pinned;
    this.strings.length = this.pinned;
    this.table.fill(0);
    for (let id = 0; id < this.pinned; id++) {
      this.place(id);
    }
  }
}

function grown(a: Int32Array): Int32Array<ArrayBuffer> {
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
