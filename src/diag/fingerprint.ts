/**
 * Fingerprints: the identity of a finding across edits that do not concern it.
 *
 * It is made of what was written, not where: the rule, the message's class, the package, the source text of the reported
 * expression as tokens, and the ordinal among the findings of the package that are alike in all of that. So it survives moved
 * lines, functions moved between files, renamed files and functions, and reformatting. Among findings that are alike the
 * ordinals are always 0, 1, 2 …: one more leak of the same text is one more fingerprint, one less is one less,
 * whichever of them it was.
 */
import { createHash } from "node:crypto";

export interface FingerprintParts {
  readonly rule: string;
  /** Import path of the package. */
  readonly package: string;
  /** The reported source text. */
  readonly text: string;
  /** The rule's message id. */
  readonly message: string;
  /** 0 for the first finding with these parts in source order, 1 for the next… */
  readonly ordinal: number;
}

/**
 * 16 hexadecimal digits each: collisions within one repository are out of question (2^64 values). `kin` leaves the ordinal
 * out: the same for findings that are alike. `shape` is the rule and the text alone: what stays when a package moves, or a leak on all paths
 * becomes one on some.
 */
export function fingerprint(parts: FingerprintParts): Fingerprint {
  const folded = foldFormat(parts.text);
  const text = [parts.rule, parts.package, folded, parts.message].join("\0");
  return {
    fingerprint: digest(`${text}\0${parts.ordinal}`),
    kin: digest(text),
    shape: digest([parts.rule, folded].join("\0")),
  };
}

export interface Fingerprint {
  readonly fingerprint: string;
  readonly kin: string;
  readonly shape: string;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** What no formatter changes: without white space (but between words), comments and trailing commas; literals are left alone. */
export function foldFormat(text: string): string {
  const parts =
    text.match(/"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+'|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[\p{L}\p{N}_]+|\s+|./gsu) ??
    [];
  let out = "";
  for (const part of parts) {
    if (/^\s/.test(part) || part.startsWith("//") || part.startsWith("/*")) continue;
    if (/^[)}\]]$/.test(part) && out.endsWith(",")) out = out.slice(0, -1);
    if (/^[\p{L}\p{N}_]/u.test(part) && /[\p{L}\p{N}_]$/u.test(out)) out += " ";
    out += part;
  }
  return out;
}
