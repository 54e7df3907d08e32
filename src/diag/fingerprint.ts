/**
 * Fingerprints: the identity of a finding across edits that do not concern it. It is made of what was written, not where:
 * the rule, the function's own name (neither its package's nor its file's), the source text of the reported
 * expression with white space folded, the message's class, and the ordinal among findings that are alike in all of that.
 */
import { createHash } from "node:crypto";

export interface FingerprintParts {
  readonly rule: string;
  /** Name of the enclosing function without package: `Func`, `Type.Method`; closures count as their function. */
  readonly function: string;
  /** The reported source text. */
  readonly text: string;
  /** The rule's message id. */
  readonly message: string;
  /** 0 for the first finding with these parts in source order, 1 for the next… */
  readonly ordinal: number;
}

/** 16 hexadecimal digits: collisions within one repository are out of question (2^64 values). */
export function fingerprint(parts: FingerprintParts): string {
  const text = [parts.rule, parts.function, foldSpace(parts.text), parts.message, String(parts.ordinal)].join("\0");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function foldSpace(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
