/** Where a tree without go.mod begins, and the import path that it goes by. */
import { dirname, join } from "node:path";
import { type Entry, EntryKind, type FileSystem } from "./fs.ts";
import { scanHeader } from "./scan-header.ts";

const TOP_SIGNS = new Set([".git", "vendor", "Godeps", "Gopkg.toml", "glide.yaml"]);

function entries(dir: string, fs: FileSystem): readonly Entry[] {
  try {
    return fs.list(dir);
  } catch {
    return [];
  }
}

function names(dir: string, fs: FileSystem): string[] {
  return entries(dir, fs).map((e) => e.name);
}

/** The nearest folder at or above `dir` that looks like the top of a repository; null where none does. */
export function treeTop(dir: string, fs: FileSystem): string | null {
  for (let d = dir; dirname(d) !== d; d = dirname(d)) if (names(d, fs).some((n) => TOP_SIGNS.has(n))) return d;
  return null;
}

/**
 * What the tools of the time wrote down, else what the repository is called at its origin, or what a comment in a file or the tree's own imports call it;
 * null where nothing does.
 */
export function ownPath(top: string, fs: FileSystem): string | null {
  const sources: [string, RegExp][] = [
    [join("vendor", "vendor.json"), /"rootPath"\s*:\s*"([^"]+)"/],
    [join("Godeps", "Godeps.json"), /"ImportPath"\s*:\s*"([^"]+)"/],
    ["glide.yaml", /^package\s*:\s*["']?([^\s"']+)/m],
    [join(".git", "config"), /^\s*url\s*=\s*(?:\w+:\/\/)?(?:[^@\s/]+@)?([^\s:/]+[:/]\S+?)(?:\.git)?\s*$/m],
  ];
  for (const [file, shape] of sources) {
    let text;
    try {
      text = new TextDecoder().decode(fs.read(join(top, file)));
    } catch {
      continue;
    }
    const found = shape.exec(text)?.[1];
    if (found !== undefined) return found.replace(/^([^/:]+):(?:\d+\/)?\/*/, "$1/");
  }
  for (const name of names(top, fs)) {
    if (!name.endsWith(".go")) continue;
    try {
      const comment = scanHeader(fs.head(join(top, name)), true)?.importComment;
      if (comment !== undefined && comment !== null) return comment;
    } catch {
      // the scan of the folder will report it
    }
  }
  return importedAs(top, fs);
}

/** Files that are looked into for a name, and folders for files. */
const MaxFiles = 64;
const MaxFolders = 256;

/**
 * By which path the tree's files import its folders: `github.com/vmware/govmomi/object`, where there is a folder `object`, speaks for
 * `github.com/vmware/govmomi`. Null where none does, or one file alone.
 */
function importedAs(top: string, fs: FileSystem): string | null {
  const votes = new Map<string, number>();
  let files = 0;
  const queue = [top];
  for (let i = 0; i < queue.length && files < MaxFiles; i++)
    for (const { name, kind } of entries(queue[i], fs)) {
      const at = join(queue[i], name);
      if (name.endsWith(".go")) {
        if (files++ < MaxFiles) for (const prefix of prefixesIn(at, top, fs)) count(votes, prefix);
      } else if (kind === EntryKind.Folder && queue.length < MaxFolders && !/^[._]|^(?:vendor|testdata)$/.test(name))
        queue.push(at);
    }
  const [best] = [...votes].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return best !== undefined && best[1] > 1 ? best[0] : null;
}

function count(votes: Map<string, number>, prefix: string): void {
  votes.set(prefix, (votes.get(prefix) ?? 0) + 1);
}

/** Of each import of the file what stands before the name of a folder of the tree. */
function prefixesIn(file: string, top: string, fs: FileSystem): ReadonlySet<string> {
  const found = new Set<string>();
  let imports: readonly string[] = [];
  try {
    imports = scanHeader(fs.head(file), true)?.imports ?? [];
  } catch {
    // the scan of the folder will report it
  }
  for (const path of imports) {
    const parts = path.split("/");
    if (!parts[0].includes(".")) continue;
    for (let i = 2; i < parts.length; i++)
      if (fs.kind(join(top, ...parts.slice(i))) === EntryKind.Folder) {
        found.add(parts.slice(0, i).join("/"));
        break;
      }
  }
  return found;
}
