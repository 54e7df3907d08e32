/**
 * Errors that are the user's to mend: a wrong flag, a path that does not exist. They carry one line that says what to
 * do; the command prints it without a stack trace and exits with 2.
 */
export class UsageError extends Error {
  readonly exitCode = 2;
  override readonly name = "UsageError";
}

/** One line for any thrown value. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
