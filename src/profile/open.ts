/** Tells what some bytes are and reads them: protobuf, one of the text forms, or a full dump (bare or inside a log). */
import { ProfileError } from "./errors.ts";
import { dumpToProfile, parseDump, type GoroutineDump } from "./dump.ts";
import type { Profile } from "./columns.ts";
import { decodePprof } from "./pprof.ts";
import { decodeUtf8 } from "./strings.ts";
import { isTextProfile, parseTextProfile } from "./text.ts";

export interface Opened {
  readonly form: "protobuf" | "text" | "dump";
  readonly profile: Profile;
  /** The goroutines one by one, where the bytes were a dump. */
  readonly dump: GoroutineDump | null;
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Bytes must be uncompressed; see gunzip.ts. Throws ProfileError with one line that says what the bytes look like. */
export function openProfile(bytes: Uint8Array): Opened {
  if (bytes.length === 0) throw new ProfileError("the profile is empty");
  if (isGzip(bytes)) throw new ProfileError("the profile is still compressed");
  const head = decodeUtf8(bytes.subarray(0, 4096));
  const firstLine = head.slice(0, head.indexOf("\n") < 0 ? head.length : head.indexOf("\n"));
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(head)) throw new ProfileError("this is a web page, not a profile");
  if (isTextProfile(firstLine)) {
    const profile = parseTextProfile(decodeUtf8(bytes));
    return { form: "text", profile, dump: null };
  }
  if (looksLikeText(bytes)) {
    const dump = parseDump(bytes);
    if (dump.count === 0)
      throw new ProfileError(
        /^\s*[[{]/.test(head) ? "this is JSON, not a profile" : "no profile and no goroutine dump in this text",
      );
    return { form: "dump", profile: dumpToProfile(dump), dump };
  }
  return { form: "protobuf", profile: decodePprof(bytes), dump: null };
}

/** Protobuf begins with a key of field 1 and a small length, or has control bytes early on; text has neither. */
function looksLikeText(bytes: Uint8Array): boolean {
  const end = Math.min(bytes.length, 512);
  for (let i = 0; i < end; i++) {
    const b = bytes[i];
    if (b < 9 || (b > 13 && b < 27) || (b > 27 && b < 32)) return false;
  }
  return bytes[0] !== 0x0a || bytes[1] !== 0x04;
}
