import { UsageError } from "../base/errors.ts";

/** The bytes are not the profile they should be: truncated, of another format, contradicting themselves. */
export class ProfileError extends UsageError {}
