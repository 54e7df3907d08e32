/** What each entry allows by itself, and two of them together do not. */
import { isMember, type Raw } from "./schema.ts";

type Say = (path: readonly (string | number)[], message: string, key?: boolean) => void;

export function contradictions(raw: Raw, say: Say): void {
  functions(raw, say);
  releases(raw, say);
  targets(raw, say);
  rules(raw, say);
}

/** One function, two meanings. */
function functions(raw: Raw, say: Say): void {
  const meaning = new Map<string, string>();
  const take = (path: (string | number)[], func: string, what: string): void => {
    const before = meaning.get(func);
    if (before === undefined) meaning.set(func, what);
    else
      say(
        path,
        before === what
          ? `${func} is listed twice`
          : `${func} ${what} here and ${before} further up: it cannot be both`,
      );
  };
  raw.resources.forEach((r, i) => {
    r.acquire.forEach((f, j) => take(["resources", i, "acquire", j], f, `acquires a ${r.name}`));
  });
  const acquired = new Map(meaning);
  raw.resources.forEach((r, i) => {
    r.release.forEach((f, j) => {
      const before = acquired.get(f);
      if (before !== undefined)
        say(["resources", i, "release", j], `${f} releases a ${r.name} here and ${before}: it cannot be both`);
    });
  });
  raw["takes-ownership"].forEach((f, i) => take(["takes-ownership", i], f, "takes ownership"));
  raw["never-returns"].forEach((f, i) => take(["never-returns", i], f, "never returns"));
}

/** Releases of one resource must begin at the same value. */
function releases(raw: Raw, say: Say): void {
  const fieldOf = (release: string): string => release.split(".").slice(0, -1).join(".");
  raw.resources.forEach((r, i) => {
    const members = r.release.filter(isMember);
    r.release.forEach((release, j) => {
      if (!isMember(release)) return;
      if (r.release.includes("()"))
        say(["resources", i, "release", j], `${release} is a method, but () says that the value is a function`);
      else if (fieldOf(release) !== fieldOf(members[0]))
        say(["resources", i, "release", j], `${release} and ${members[0]} are methods of different values`);
    });
  });
}

function targets(raw: Raw, say: Say): void {
  for (const [name, t] of Object.entries(raw.targets)) {
    const given = (["url", "pid", "unix"] as const).filter((k) => t[k] !== undefined);
    if (given.length === 0)
      say(["targets", name], `${name} has no address: give it a url, a pid or a unix socket`, true);
    if (given.length > 1)
      say(["targets", name, given[1]], `${name} has a ${given[0]} and a ${given[1]}: one of them is the target`, true);
    if (t.insecure === true && t.ca !== undefined)
      say(["targets", name, "insecure"], `${name} has a ca, and insecure says not to verify with it`, true);
    if (/^\d+$/.test(name) || /[\s:/\\]/.test(name))
      say(
        ["targets", name],
        `${JSON.stringify(name)} reads as a pid, an address or a path: give the target another name`,
        true,
      );
  }
}

function rules(raw: Raw, say: Say): void {
  for (const [id, r] of Object.entries(raw.rules)) {
    if (typeof r === "string") continue;
    if (r.level === undefined && Object.keys(r.paths ?? {}).length === 0)
      say(["rules", id], `${id} has neither a level nor paths`, true);
  }
}
