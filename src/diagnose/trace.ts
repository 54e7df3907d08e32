/** Gives suspects the stacks that opened what they hold, where the tracing probe watched. */
import type { Frame } from "../profile/columns.ts";
import { isOwn } from "../profile/group.ts";
import { standsOut } from "../series/openers.ts";
import type { Look } from "./evidence.ts";
import { mainPackages } from "./goroutines.ts";
import type { Suspect } from "./suspect.ts";

/** As the tracing probe hands it over. */
export interface TracedStack {
  readonly kind: "descriptor" | "borrow";
  readonly count: number;
  readonly fds: readonly number[];
  readonly heldSeconds: number;
  readonly frames: readonly Frame[];
}

/**
 * A suspect with connections gets the stack that opened most of their descriptors while we watched; a pool suspect the stack that has held
 * a borrowed connection longest. Where the suspect's own line is not of the built module, the opener's becomes its location.
 */
export function attachTrace(suspects: readonly Suspect[], traced: readonly TracedStack[], look: Look): Suspect[] {
  const main = mainPackages(look);
  const borrows = traced.filter((t) => t.kind === "borrow").sort((a, b) => b.heldSeconds - a.heldSeconds);
  return suspects.map((s) => {
    let best: TracedStack | null = null;
    if (s.kind === "pool" && s.signature?.startsWith("redis") !== true && borrows.length > 0) best = borrows[0];
    else if (s.kind === "fd") best = openerOfFiles(s, traced);
    else {
      const fds = new Set(s.connections.flatMap((c) => c.fds));
      let most = 0;
      for (const t of traced) {
        const shared = t.kind === "descriptor" ? t.fds.filter((fd) => fds.has(fd)).length : 0;
        // What was accepted belongs to the peer; it is no opener.
        if (shared > most && !t.frames.some((f) => f.func === "net.(*TCPListener).accept")) {
          most = shared;
          best = t;
        }
      }
    }
    if (best === null) return s;
    const at = best.frames.find((f) => main(f.func)) ?? best.frames.find((f) => isOwn(f.func)) ?? best.frames[0];
    if (at === undefined) return s;
    const opened = { stack: best.frames, at, count: best.count, heldSeconds: best.heldSeconds };
    if (at.line === 0 || (s.location !== null && main(s.location.function))) return { ...s, openedBy: opened };
    return { ...s, openedBy: opened, location: { function: at.func, file: at.file, line: at.line } };
  });
}

/** The line must have most of what was opened: nothing says which files these were. */
function openerOfFiles(s: Suspect, traced: readonly TracedStack[]): TracedStack | null {
  if (s.subject === undefined || !(s.subject.startsWith("/") || s.subject === "pipe")) return null;
  const files = traced.filter((t) => t.kind === "descriptor" && t.frames.some((f) => f.func === "os.newFile"));
  const [first] = [...files].sort((a, b) => b.count - a.count);
  const all = files.reduce((n, t) => n + t.count, 0);
  return first !== undefined && standsOut(first.count, all) ? first : null;
}
