/** Bits in a row of bytes, most significant first; and numbers of seven bits a byte. */

export class BitWriter {
  private bytes = new Uint8Array(64);
  private length = 0;
  /** Bits not yet in `bytes`, right-aligned; fewer than 8. */
  private partial = 0;
  private partialBits = 0;

  /** The low `count` bits (0 to 32) of an unsigned number. */
  bits(value: number, count: number): void {
    while (count > 0) {
      const take = Math.min(8 - this.partialBits, count);
      const part = (value >>> (count - take)) & ((1 << take) - 1);
      this.partial = (this.partial << take) | part;
      this.partialBits += take;
      count -= take;
      if (this.partialBits === 8) {
        this.byte(this.partial);
        this.partial = 0;
        this.partialBits = 0;
      }
    }
  }

  /** Only between whole bytes. */
  varint(value: number): void {
    while (value >= 0x80) {
      this.byte((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.byte(value);
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) {
      const more = new Uint8Array(this.length * 2);
      more.set(this.bytes);
      this.bytes = more;
    }
    this.bytes[this.length++] = value;
  }

  append(bytes: Uint8Array): void {
    for (const b of bytes) this.byte(b);
  }

  /** The rest of a byte begun is zeros. */
  done(): Uint8Array {
    if (this.partialBits > 0) {
      this.byte(this.partial << (8 - this.partialBits));
      this.partialBits = 0;
      this.partial = 0;
    }
    return this.bytes.slice(0, this.length);
  }
}

/** Reading past the end throws RangeError: a cut chunk is damage, not zeros. */
export class BitReader {
  private current = 0;
  private left = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private at = 0,
    private readonly end = bytes.length,
  ) {}

  get position(): number {
    return this.at;
  }

  bits(count: number): number {
    let value = 0;
    while (count > 0) {
      if (this.left === 0) {
        this.current = this.byte();
        this.left = 8;
      }
      const take = Math.min(this.left, count);
      value = value * (1 << take) + ((this.current >>> (this.left - take)) & ((1 << take) - 1));
      this.left -= take;
      count -= take;
    }
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const b = this.byte();
      value += (b & 0x7f) * scale;
      if (b < 0x80) return value;
      scale *= 0x80;
      if (scale > 2 ** 63) throw new RangeError("damaged chunk: a number without end");
    }
  }

  byte(): number {
    if (this.at >= this.end) throw new RangeError("damaged chunk: it ends too early");
    return this.bytes[this.at++];
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    if (length > this.end - this.at) throw new RangeError("damaged chunk: it ends too early");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
