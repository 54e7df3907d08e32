/**
 * Stacks as comparable numbers. Two profiles put through one `StackKeys` give equal numbers to stacks of equal names: never by address,
 * so that profiles of two builds, two hosts or two formats can be set side by side.
 */
import { nameAddress, type Profile } from "./columns.ts";
import { SequenceInterner } from "./interner.ts";
import { baseName, looseName, strictName } from "./names.ts";

export type Likeness =
  /** Same functions, same files, same lines. */
  | "line"
  /** Same functions by their loose names, whatever the lines: survives a rebuild, an upgrade of Go, an edit above. */
  | "function";

export class StackKeys {
  private readonly frames = new Map<string, number>();
  private readonly stacks = new SequenceInterner();
  private readonly likeness: Likeness;
  private readonly scratch: number[] = [];

  constructor(likeness: Likeness) {
    this.likeness = likeness;
  }

  get count(): number {
    return this.stacks.count;
  }

  /** The stack number of each sample of `p`. */
  keysOf(p: Profile): Uint32Array {
    // Line row → frame number, once per line and not once per occurrence.
    const lineKeys = new Int32Array(p.lineFunctions.length);
    for (let i = 0; i < lineKeys.length; i++) lineKeys[i] = this.frame(this.describe(p, i));
    const out = new Uint32Array(p.sampleCount);
    const { scratch } = this;
    for (let s = 0; s < p.sampleCount; s++) {
      let n = 0;
      for (let i = p.stackOffsets[s]; i < p.stackOffsets[s + 1]; i++) {
        const l = p.locations[i];
        const to = p.lineOffsets[l + 1];
        let at = p.lineOffsets[l];
        if (at === to) scratch[n++] = this.frame(nameAddress(p, l));
        for (; at < to; at++) scratch[n++] = lineKeys[at];
      }
      out[s] = this.stacks.intern(scratch, n);
    }
    return out;
  }

  private describe(p: Profile, line: number): string {
    const f = p.lineFunctions[line];
    if (f < 0) return `?:${p.lineNumbers[line]}`;
    const name = p.strings[p.functionNames[f]];
    if (this.likeness === "function") return looseName(name);
    return `${strictName(name)} ${baseName(p.strings[p.functionFiles[f]])}:${p.lineNumbers[line]}`;
  }

  private frame(key: string): number {
    let n = this.frames.get(key);
    if (n === undefined) {
      n = this.frames.size;
      this.frames.set(key, n);
    }
    return n;
  }
}
