/**
 * Gives equal byte strings equal small numbers, without making a JavaScript string per occurrence. A dump repeats a few hundred
 * distinct lines a million times: only the distinct ones are ever decoded.
 */
import { decodeUtf8 } from "./strings.ts";

export class ByteInterner {
  private slots = new Int32Array(1024).fill(-1);
  private hashes = new Uint32Array(512);
  private starts = new Uint32Array(513);
  private arena = new Uint8Array(32_768);
  count = 0;

  intern(buf: Uint8Array, from: number, to: number): number {
    let h = 0x811c9dc5;
    for (let i = from; i < to; i++) h = Math.imul(h ^ buf[i], 0x01000193);
    // FNV leaves the low bits of the last byte close together; one round of mixing spreads them over the slots.
    h ^= h >>> 15;
    h = Math.imul(h, 0x85ebca6b) >>> 0;
    let mask = this.slots.length - 1;
    let slot = h & mask;
    for (;;) {
      const id = this.slots[slot];
      if (id < 0) break;
      if (this.hashes[id] === h && this.same(id, buf, from, to)) return id;
      slot = (slot + 1) & mask;
    }
    if (this.count * 2 >= this.slots.length) {
      this.rehash();
      mask = this.slots.length - 1;
      slot = h & mask;
      while (this.slots[slot] >= 0) slot = (slot + 1) & mask;
    }
    const id = this.count++;
    if (id >= this.hashes.length) {
      this.hashes = widen(this.hashes, this.hashes.length * 2);
      this.starts = widen(this.starts, this.hashes.length + 1);
    }
    const at = this.starts[id];
    const need = at + to - from;
    if (need > this.arena.length) {
      const next = new Uint8Array(Math.max(need, this.arena.length * 2));
      next.set(this.arena);
      this.arena = next;
    }
    this.arena.set(buf.subarray(from, to), at);
    this.hashes[id] = h;
    this.starts[id + 1] = need;
    this.slots[slot] = id;
    return id;
  }

  text(id: number): string {
    return decodeUtf8(this.arena.subarray(this.starts[id], this.starts[id + 1]));
  }

  private same(id: number, buf: Uint8Array, from: number, to: number): boolean {
    let a = this.starts[id];
    if (this.starts[id + 1] - a !== to - from) return false;
    for (let i = from; i < to; i++) if (this.arena[a++] !== buf[i]) return false;
    return true;
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let id = 0; id < this.count; id++) {
      let slot = this.hashes[id] & mask;
      while (slots[slot] >= 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.slots = slots;
  }
}

/** The same for sequences of numbers: stacks of frame rows. */
export class SequenceInterner {
  private slots = new Int32Array(1024).fill(-1);
  private hashes = new Uint32Array(512);
  offsets = new Uint32Array(513);
  items = new Uint32Array(4096);
  count = 0;

  intern(items: ArrayLike<number>, length: number): number {
    let h = 0x811c9dc5;
    for (let i = 0; i < length; i++) h = Math.imul((h ^ items[i]) >>> 0, 0x9e3779b1) ^ (h >>> 13);
    h >>>= 0;
    let mask = this.slots.length - 1;
    let slot = h & mask;
    for (;;) {
      const id = this.slots[slot];
      if (id < 0) break;
      if (this.hashes[id] === h && this.same(id, items, length)) return id;
      slot = (slot + 1) & mask;
    }
    if (this.count * 2 >= this.slots.length) {
      const slots = new Int32Array(this.slots.length * 2).fill(-1);
      mask = slots.length - 1;
      for (let id = 0; id < this.count; id++) {
        let s = this.hashes[id] & mask;
        while (slots[s] >= 0) s = (s + 1) & mask;
        slots[s] = id;
      }
      this.slots = slots;
      slot = h & mask;
      while (slots[slot] >= 0) slot = (slot + 1) & mask;
    }
    const id = this.count++;
    if (id >= this.hashes.length) {
      this.hashes = widen(this.hashes, this.hashes.length * 2);
      this.offsets = widen(this.offsets, this.hashes.length + 1);
    }
    const at = this.offsets[id];
    if (at + length > this.items.length) this.items = widen(this.items, Math.max(at + length, this.items.length * 2));
    for (let i = 0; i < length; i++) this.items[at + i] = items[i];
    this.hashes[id] = h;
    this.offsets[id + 1] = at + length;
    this.slots[slot] = id;
    return id;
  }

  private same(id: number, items: ArrayLike<number>, length: number): boolean {
    const at = this.offsets[id];
    if (this.offsets[id + 1] - at !== length) return false;
    for (let i = 0; i < length; i++) if (this.items[at + i] !== items[i]) return false;
    return true;
  }
}

function widen(from: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(length);
  next.set(from);
  return next;
}
