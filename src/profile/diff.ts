/**
 * Two profiles set side by side, stack by stack. Stacks pair up by functions and lines first; what is left on either side pairs up by
 * loose function names, so that a new build, a new Go or a moved line does not read as "all gone, all new".
 */
import { framesOf, typeIndex, type Frame, type Profile } from "./columns.ts";
import { ProfileError } from "./errors.ts";
import { StackKeys } from "./stacks.ts";

export interface StackDelta {
  /** Of the newer profile where the stack is there, else of the older. Leaf first. */
  readonly frames: readonly Frame[];
  readonly before: number;
  readonly after: number;
  readonly delta: number;
  /** How the two sides were paired; "only" where one side lacks the stack. */
  readonly paired: "line" | "function" | "only";
}

interface Side {
  value: number;
  sample: number;
}

/** Sorted by the size of the change. `type` names a sample type that both profiles have; default: the newer one's default. */
export function diffProfiles(before: Profile, after: Profile, type?: string): StackDelta[] {
  const name = type ?? after.sampleTypes[after.defaultType]?.type ?? "";
  const columnBefore = typeIndex(before, name);
  const columnAfter = typeIndex(after, name);
  if (columnBefore < 0 || columnAfter < 0)
    throw new ProfileError(
      `cannot compare: ${columnBefore < 0 ? "the older" : "the newer"} profile has no ${name || "values"}`,
    );
  const strict = new StackKeys("line");
  const loose = new StackKeys("function");
  const a = sides(before, columnBefore, strict.keysOf(before));
  const b = sides(after, columnAfter, strict.keysOf(after));
  const out: StackDelta[] = [];
  for (const [key, right] of b) {
    const left = a.get(key);
    if (left === undefined) continue;
    out.push(delta(framesOf(after, right.sample), left.value, right.value, "line"));
    a.delete(key);
    b.delete(key);
  }
  const looseBefore = loose.keysOf(before);
  const looseAfter = loose.keysOf(after);
  const leftovers = new Map<number, Side[]>();
  for (const side of a.values()) {
    const key = looseBefore[side.sample];
    const list = leftovers.get(key);
    if (list === undefined) leftovers.set(key, [side]);
    else list.push(side);
  }
  for (const right of b.values()) {
    const left = leftovers.get(looseAfter[right.sample])?.shift();
    out.push(
      left === undefined
        ? delta(framesOf(after, right.sample), 0, right.value, "only")
        : delta(framesOf(after, right.sample), left.value, right.value, "function"),
    );
  }
  for (const list of leftovers.values())
    for (const left of list) out.push(delta(framesOf(before, left.sample), left.value, 0, "only"));
  return out.sort((x, y) => Math.abs(y.delta) - Math.abs(x.delta));
}

function sides(p: Profile, column: number, keys: Uint32Array): Map<number, Side> {
  const out = new Map<number, Side>();
  const width = p.sampleTypes.length;
  for (let s = 0; s < p.sampleCount; s++) {
    const value = p.values[s * width + column];
    const side = out.get(keys[s]);
    if (side === undefined) out.set(keys[s], { value, sample: s });
    else side.value += value;
  }
  return out;
}

function delta(frames: Frame[], before: number, after: number, paired: StackDelta["paired"]): StackDelta {
  return { frames, before, after, delta: after - before, paired };
}
