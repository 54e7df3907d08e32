/**
 * Files that are open, by what their names have in common: `/tmp/stanch-report2938472` and its like are `/tmp/stanch-report*`. A folder
 * whose names have nothing in common counts as a whole, and does so from then on: a name that changed would be a new signal.
 */
import { fdKinds, type FdTable } from "./procfs.ts";

/** More different names than this in one folder are told as the folder. */
const MOST_NAMES = 8;
const MOST_LETTERS = 200;
/** One log, one database: fewer of a kind than this are no pile. */
const LEAST = 3;

const varying =
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![0-9a-z])(?=[0-9a-f]*\d)[0-9a-f]{12,}(?![0-9a-z])|\d+/gi;

export interface OpenFiles {
  /** `/tmp/stanch-report*`, `/var/spool/*`. */
  readonly name: string;
  readonly kind: "file" | "deleted";
  readonly count: number;
  /** Their descriptors. */
  readonly fds: readonly number[];
}

export class FileNames {
  private readonly folders = new Set<string>();

  /** Most first. */
  of(fds: FdTable): OpenFiles[] {
    const open = new Map<string, Map<string, number[]>>();
    for (let i = 0; i < fds.count; i++) {
      const kind = fdKinds[fds.kinds[i]];
      if (kind !== "file" && kind !== "deleted") continue;
      const name = nameOf(fds.targets[i]);
      const folder = `${kind} ${folderOf(name)}`;
      let names = open.get(folder);
      if (names === undefined) open.set(folder, (names = new Map()));
      const known = names.get(name);
      if (known === undefined) names.set(name, [fds.numbers[i]]);
      else known.push(fds.numbers[i]);
    }
    const out: OpenFiles[] = [];
    for (const [folder, names] of open) {
      const space = folder.indexOf(" ");
      const kind = folder.slice(0, space) as OpenFiles["kind"];
      if (names.size > MOST_NAMES) this.folders.add(folder);
      const told: Iterable<readonly [string, number[]]> = this.folders.has(folder)
        ? [[`${folder.slice(space + 1)}*`, [...names.values()].flat()]]
        : names;
      for (const [name, numbers] of told) out.push({ name, kind, count: numbers.length, fds: numbers });
    }
    return out.filter((f) => f.count >= LEAST).sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  }

  /** Of each descriptor of a file, the name under which it was counted. */
  namesOf(fds: FdTable): Map<number, string> {
    const out = new Map<number, string>();
    for (let i = 0; i < fds.count; i++) {
      const kind = fdKinds[fds.kinds[i]];
      if (kind !== "file" && kind !== "deleted") continue;
      const name = nameOf(fds.targets[i]);
      const folder = folderOf(name);
      out.set(fds.numbers[i], this.folders.has(`${kind} ${folder}`) ? `${folder}*` : name);
    }
    return out;
  }

  forget(): void {
    this.folders.clear();
  }
}

function nameOf(target: string): string {
  const name = target
    .replace(/ \(deleted\)$/, "")
    .replace(varying, "*")
    .replace(/\*(?:[-_.:]?\*)+/g, "*");
  // Its beginning and its end say what it is; a signal's name is kept with every look.
  return name.length <= MOST_LETTERS ? name : `${name.slice(0, MOST_LETTERS / 2)}…${name.slice(-MOST_LETTERS / 2)}`;
}

function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/") + 1);
}
