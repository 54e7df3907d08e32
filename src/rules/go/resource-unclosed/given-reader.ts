/** Readers that an interface or a variable gives: what may be said of them though nobody knows what they are. */
import { failedCall, isFailure } from "../../../go/flow/failure.ts";
import { variable } from "../../../go/flow/facts.ts";
import { everyExit, LeakKind } from "../../../go/flow/leak.ts";
import type { FoundLeak } from "../../../go/summary/leaks.ts";
import { constOf, typeOf } from "../../../go/types/record.ts";

/** Why it may hold nothing: nobody reads it, or each way that leaves it open has failed to. Null for what else is a resource. */
export function whyUnread({ unit, site, leak }: FoundLeak): string | null {
  const root = site.origin?.root ?? null;
  if (!isGiven(site)) return null;
  if (leak.kind === LeakKind.Dropped) return "whether it opens anything before it is read is not known";
  const isUnread = everyExit(leak).every(({ decisions }) => {
    const failed = failedCall(unit, decisions);
    return failed !== null && failed.args.some((arg) => variable(arg) === root);
  });
  return root !== null && isUnread
    ? "it is left where it cannot be read, and whether it holds anything then is not known"
    : null;
}

/** Nobody wants it: who calls `upload(nil, err)`, `build(w, false)` says that there is to be none. */
export function isDeclined({ site, leak }: FoundLeak): boolean {
  return (
    leak.kind === LeakKind.Dropped &&
    isGiven(site) &&
    site.call.args.some((arg) => typeof constOf(arg) === "boolean" || isFailure(typeOf(arg)))
  );
}

function isGiven({ acquired }: FoundLeak["site"]): boolean {
  return acquired.kind.id === "given-reader";
}
