/**
 * Typed arrays that grow by doubling. `push` is the hot call of the decoders; `done` hands out a copy of the exact size, so
 * that a table never keeps more than it holds.
 */
export class GrowableU32 {
  data: Uint32Array;
  length = 0;

  constructor(capacity = 64) {
    this.data = new Uint32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) this.grow();
    this.data[this.length++] = value;
  }

  private grow(): void {
    const next = new Uint32Array(this.data.length * 2);
    next.set(this.data);
    this.data = next;
  }

  done(): Uint32Array<ArrayBuffer> {
    return this.data.slice(0, this.length);
  }
}

/** Signed 32-bit; values outside its range saturate (line numbers of hostile input, nothing real). */
export class GrowableI32 {
  data: Int32Array;
  length = 0;

  constructor(capacity = 64) {
    this.data = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const next = new Int32Array(this.data.length * 2);
      next.set(this.data);
      this.data = next;
    }
    this.data[this.length++] = value > 0x7fffffff ? 0x7fffffff : value < -0x80000000 ? -0x80000000 : value;
  }

  done(): Int32Array<ArrayBuffer> {
    return this.data.slice(0, this.length);
  }
}

export class GrowableF64 {
  data: Float64Array;
  length = 0;

  constructor(capacity = 64) {
    this.data = new Float64Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const next = new Float64Array(this.data.length * 2);
      next.set(this.data);
      this.data = next;
    }
    this.data[this.length++] = value;
  }

  done(): Float64Array<ArrayBuffer> {
    return this.data.slice(0, this.length);
  }
}
