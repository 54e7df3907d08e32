/** From a profile to what is drawn of it. */
import { buildCallTree } from "../../src/profile/calltree.ts";
import { diffTop } from "../../src/profile/diff-top.ts";
import { flameRows } from "../../src/profile/flame.ts";
import { topSites, type SiteSide } from "../../src/profile/sites.ts";
import { topFunctions } from "../../src/profile/top.ts";
import type { Boxes } from "../flame/boxes.ts";
import type { Picture } from "./messages.ts";

const TOP = 100;

export function layOut(
  { profile, column }: SiteSide,
  base: SiteSide | null,
  onProgress: (done: number) => void,
): Picture {
  const tree = buildCallTree(profile, column, {
    ...(base === null ? {} : { base: { profile: base.profile, type: base.column } }),
    onProgress,
  });
  const { count, start, width, rowOffsets: rows, node } = flameRows(tree);
  const { names, files } = tree;
  const top = base === null ? topFunctions(profile, column) : diffTop(base.profile, base.column, profile, column);
  return {
    boxes: { count, start, width, rows, names, files, ...columns() },
    sites: topSites({ profile, column }, base).slice(0, TOP),
    top: top.slice(0, TOP),
  };

  function columns(): Pick<Boxes, "parents" | "frames" | "total" | "baseTotal"> {
    const { parents, frames, total, baseTotal } = tree;
    if (node === null) return { parents, frames, total, baseTotal };
    // Some nodes have no width and so no box: what is said of nodes is said of boxes from here on.
    const boxOf = new Int32Array(tree.count).fill(-1);
    for (let b = 0; b < count; b++) boxOf[node[b]] = b;
    return {
      parents: Int32Array.from(node, (n) => (n === 0 ? -1 : boxOf[parents[n]])),
      frames: Int32Array.from(node, (n) => frames[n]),
      total: Float64Array.from(node, (n) => total[n]),
      baseTotal: baseTotal === null ? null : Float64Array.from(node, (n) => baseTotal[n]),
    };
  }
}

/** What is handed over and not copied. */
export function buffersOf({ boxes }: Picture): ArrayBuffer[] {
  const { start, width, rows, parents, frames, total, baseTotal } = boxes;
  const all = [start, width, rows, parents, frames, total, ...(baseTotal === null ? [] : [baseTotal])];
  return [...new Set(all.map((a) => a.buffer as ArrayBuffer))];
}
