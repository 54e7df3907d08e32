/** Versions of modules (semantic versions with a leading v, https://semver.org) and of Go itself (1.23, 1.23.4, 1.21rc1). */
import type { GoVersion } from "../syntax/ast.ts";

const SEMVER =
  /^v(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?)?$/;

export function isSemver(version: string): boolean {
  return SEMVER.test(version);
}

/** Negative, zero or positive as in sort. Build metadata counts for nothing; what is no version sorts first. */
export function compareSemver(a: string, b: string): number {
  if (a === b) return 0;
  const x = SEMVER.exec(a);
  const y = SEMVER.exec(b);
  if (x === null || y === null) return x === y ? 0 : x === null ? -1 : 1;
  for (let i = 1; i <= 3; i++) {
    const order = compareNumbers(x[i] ?? "0", y[i] ?? "0");
    if (order !== 0) return order;
  }
  return comparePrerelease(x[4] ?? "", y[4] ?? "");
}

/** Decimal strings without leading zeros, of any length: pseudo-version parts exceed 2^53. */
function compareNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparePrerelease(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "") return 1; // a release comes after its pre-releases
  if (b === "") return -1;
  const x = a.split(".");
  const y = b.split(".");
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const p = x[i] ?? "";
    const q = y[i] ?? "";
    if (p === q) continue;
    const pn = /^\d+$/.test(p);
    const qn = /^\d+$/.test(q);
    if (pn !== qn) return pn ? -1 : 1;
    if (pn) return compareNumbers(p.replace(/^0+(?=\d)/, ""), q.replace(/^0+(?=\d)/, ""));
    return p < q ? -1 : 1;
  }
  return x.length - y.length;
}

/** The language version of "1.23", "1.23.4", "go1.27rc1" …; null where it is none. */
export function parseGoVersion(text: string): GoVersion | null {
  const found = /^(?:go)?(\d{1,6})(?:\.(\d{1,6}))?(?:\.\d+)?(?:(?:rc|beta|alpha)\d+)?(?:[-+ ].*)?$/.exec(text);
  return found === null ? null : { major: Number(found[1]), minor: Number(found[2] ?? 0) };
}

/** Negative where `a` is the older language. */
export function compareGoVersion(a: GoVersion, b: GoVersion): number {
  return a.major - b.major || a.minor - b.minor;
}

/** What the go command assumes of a module whose go.mod has no `go` line (cmd/go: gover.DefaultGoModVersion). */
export const DEFAULT_GO_VERSION: GoVersion = { major: 1, minor: 16 };
