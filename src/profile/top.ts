/** Flat and cumulative value per function, as `pprof -top` counts: a function counts once per stack however often it recurs. */
import { nameAddress, type Profile } from "./columns.ts";

export interface TopRow {
  readonly func: string;
  readonly file: string;
  readonly flat: number;
  readonly cum: number;
}

export function topFunctions(p: Profile, type: number): TopRow[] {
  // One number per function name; functions of equal name (file apart) are one row, as in pprof.
  const rowOfName = new Map<string, number>();
  const names: string[] = [];
  const files: string[] = [];
  const rowOf = (name: string, file: string): number => {
    let row = rowOfName.get(name);
    if (row === undefined) {
      row = names.length;
      rowOfName.set(name, row);
      names.push(name);
      files.push(file);
    }
    return row;
  };
  const rowOfFunction = new Int32Array(p.functionCount);
  for (let f = 0; f < p.functionCount; f++)
    rowOfFunction[f] = rowOf(p.strings[p.functionNames[f]] || "<unknown>", p.strings[p.functionFiles[f]]);
  const rowOfBareLocation = new Map<number, number>();
  const bare = (l: number): number => {
    let row = rowOfBareLocation.get(l);
    if (row === undefined) {
      row = rowOf(nameAddress(p, l), "");
      rowOfBareLocation.set(l, row);
    }
    return row;
  };
  for (let l = 0; l < p.locationCount; l++) if (p.lineOffsets[l] === p.lineOffsets[l + 1]) bare(l);
  for (let i = 0; i < p.lineFunctions.length; i++) if (p.lineFunctions[i] < 0) rowOf("<unknown>", "");
  const count = names.length;
  const flat = new Float64Array(count);
  const cum = new Float64Array(count);
  const seen = new Int32Array(count).fill(-1);
  const width = p.sampleTypes.length;
  for (let s = 0; s < p.sampleCount; s++) {
    const value = p.values[s * width + type];
    let leaf = true;
    for (let i = p.stackOffsets[s]; i < p.stackOffsets[s + 1]; i++) {
      const l = p.locations[i];
      let at = p.lineOffsets[l];
      const to = p.lineOffsets[l + 1];
      const bareRow = at === to ? bare(l) : -1;
      do {
        const f = bareRow >= 0 ? -1 : p.lineFunctions[at];
        const row = bareRow >= 0 ? bareRow : f < 0 ? rowOf("<unknown>", "") : rowOfFunction[f];
        if (leaf) {
          flat[row] += value;
          leaf = false;
        }
        if (seen[row] !== s) {
          seen[row] = s;
          cum[row] += value;
        }
        at++;
      } while (at < to);
    }
  }
  const rows: TopRow[] = [];
  for (let r = 0; r < count; r++) {
    if (flat[r] !== 0 || cum[r] !== 0) rows.push({ func: names[r], file: files[r], flat: flat[r], cum: cum[r] });
  }
  return rows.sort(
    (a, b) => Math.abs(b.flat) - Math.abs(a.flat) || Math.abs(b.cum) - Math.abs(a.cum) || (a.func < b.func ? -1 : 1),
  );
}
