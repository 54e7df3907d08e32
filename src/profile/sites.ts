/**
 * Any value of a profile by the line of the program that causes it: of each stack the first frame that is neither Go's nor the runtime's, or its
 * leaf where there is none. Against a base, sites are told apart by function and file, since lines move.
 */
import type { Frame, Profile } from "./columns.ts";
import { nameAddress } from "./columns.ts";
import { isOwn } from "./group.ts";
import { baseName, looseName, strictName } from "./names.ts";

export interface Site {
  readonly frame: Frame;
  readonly value: number;
  /** Of the base; 0 without one. */
  readonly before: number;
}

export interface SiteSide {
  readonly profile: Profile;
  /** Sample type index. */
  readonly column: number;
}

/** What holds most first, against a base what grew most. */
export function topSites(now: SiteSide, base: SiteSide | null): Site[] {
  const sites = new Map<string, { frame: Frame; value: number; before: number }>();
  const keyOf = (f: Frame): string =>
    base === null ? `${strictName(f.func)}:${f.file}:${f.line}` : `${looseName(f.func)} ${baseName(f.file)}`;
  const add = ({ profile: p, column }: SiteSide, isBase: boolean): void => {
    const width = p.sampleTypes.length;
    // By place: half a million stacks end in a few thousand of them.
    const sums = new Map<number, number>();
    const { own, leaf } = placesOf(p);
    for (let s = 0; s < p.sampleCount; s++) {
      const value = p.values[s * width + column];
      const from = p.stackOffsets[s];
      const to = p.stackOffsets[s + 1];
      if (value === 0 || from === to) continue;
      let place = leaf[p.locations[from]];
      for (let i = from; i < to; i++)
        if (own[p.locations[i]] >= 0) {
          place = own[p.locations[i]];
          break;
        }
      sums.set(place, (sums.get(place) ?? 0) + value);
    }
    for (const [place, sum] of sums) {
      const frame = frameAt(p, place);
      const key = keyOf(frame);
      let site = sites.get(key);
      if (site === undefined) sites.set(key, (site = { frame, value: 0, before: 0 }));
      if (isBase) site.before += sum;
      else site.value += sum;
    }
  };
  add(now, false);
  if (base !== null) add(base, true);
  const all = [...sites.values()].filter((x) => x.value !== 0 || x.before !== 0);
  return all.sort((a, b) => b.value - b.before - (a.value - a.before) || (a.frame.func < b.frame.func ? -1 : 1));
}

/** A place is a line (its row), or a location without lines (counted down from -2). By location: its first own line or -1, and its innermost place. */
function placesOf(p: Profile): { own: Int32Array; leaf: Int32Array } {
  const owns = new Int8Array(p.functionCount).fill(-1);
  const own = new Int32Array(p.locationCount).fill(-1);
  const leaf = new Int32Array(p.locationCount);
  for (let l = 0; l < p.locationCount; l++) {
    const from = p.lineOffsets[l];
    const to = p.lineOffsets[l + 1];
    leaf[l] = from === to ? -2 - l : from;
    for (let i = from; i < to && own[l] < 0; i++) {
      const f = p.lineFunctions[i];
      if (f < 0) continue;
      if (owns[f] < 0) owns[f] = isOwn(p.strings[p.functionNames[f]]) ? 1 : 0;
      if (owns[f] === 1) own[l] = i;
    }
  }
  return { own, leaf };
}

function frameAt(p: Profile, place: number): Frame {
  if (place <= -2) return { func: nameAddress(p, -2 - place), file: "", line: 0 };
  const f = p.lineFunctions[place];
  const line = p.lineNumbers[place];
  return f < 0
    ? { func: "?", file: "", line }
    : { func: p.strings[p.functionNames[f]], file: p.strings[p.functionFiles[f]], line };
}
