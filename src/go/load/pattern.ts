/**
 * Package patterns with `...` (https://pkg.go.dev/cmd/go#hdr-Package_lists_and_patterns): it stands for any string;
 * `x/...` also matches x; and no wildcard crosses an element named vendor, except the last one.
 */
export type Matcher = (name: string) => boolean;

const VENDOR = "\u0000";

function hideVendor(text: string): string {
  if (!text.includes("vendor")) return text;
  const parts = text.split("/");
  return parts.map((p, i) => (p === "vendor" && i < parts.length - 1 ? VENDOR : p)).join("/");
}

export function matcherOf(pattern: string): Matcher {
  if (pattern.includes(VENDOR)) return () => false;
  const quoted = hideVendor(pattern.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const dots = "\\.\\.\\.";
  let source = quoted;
  if (source.endsWith(`/${VENDOR}/${dots}`))
    source = `${source.slice(0, -`/${VENDOR}/${dots}`.length)}(?:/vendor|/${VENDOR}/${dots})`;
  else if (source === `${VENDOR}/${dots}`) source = `(?:/vendor|/${VENDOR}/${dots})`;
  if (source.endsWith(`/${dots}`)) source = `${source.slice(0, -`/${dots}`.length)}(?:/${dots})?`;
  source = source.replaceAll(dots, `[^${VENDOR}]*`);
  const compiled = new RegExp(`^${source}$`, "s");
  return (name) => !name.includes(VENDOR) && compiled.test(hideVendor(name));
}

/** Whether a tree at `path` can hold a match: the pattern's part before its first wildcard and the path agree as far as both go. */
export function treeMatcherOf(pattern: string): Matcher {
  const wildcard = pattern.indexOf("...");
  const prefix = wildcard < 0 ? pattern : pattern.slice(0, wildcard);
  return (path) =>
    path === "" ||
    prefix.startsWith(`${path}/`) ||
    prefix === path ||
    (wildcard >= 0 && path.startsWith(prefix)) ||
    `${path}/` === prefix;
}

/** Folders that no wildcard enters. */
export function isHiddenFolder(name: string): boolean {
  return name.startsWith(".") || name.startsWith("_") || name === "testdata";
}

/** go.mod `ignore` lines: `./x` means the folder x of the module root, `x` any folder of that name. */
export class IgnoreList {
  readonly #rooted: string[] = [];
  readonly #anywhere: string[] = [];

  constructor(patterns: readonly string[]) {
    for (const p of patterns) {
      if (p.startsWith("./")) this.#rooted.push(normal(p.slice(2)));
      else this.#anywhere.push(normal(p));
    }
  }

  /** `path` is relative to the module root, with slashes. */
  ignores(path: string): boolean {
    if (path === "" || (this.#rooted.length === 0 && this.#anywhere.length === 0)) return false;
    const p = normal(path);
    return this.#rooted.some((r) => p.startsWith(r)) || this.#anywhere.some((a) => p.includes(a));
  }
}

function normal(path: string): string {
  return `/${path.replaceAll("\\", "/").replace(/^\/|\/$/g, "")}/`;
}
