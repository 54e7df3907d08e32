/**
 * How a file writes a call whose error nobody wants: linters of some projects ask for `_ = f.Close()` and
 * `defer func() { _ = f.Close() }()`. A fix is written as the file is.
 */
import type { FileScope } from "../go/types/package.ts";

interface Style {
  readonly statement: (call: string) => string;
  readonly deferred: (call: string) => string;
}

export const plainStyle: Style = { statement: (call) => call, deferred: (call) => `defer ${call}` };

const memo = new WeakMap<FileScope, string>();

/** For calls of a method by its name, where it gives an error. */
export function releaseStyle(file: FileScope, method: string): Style {
  let text = memo.get(file);
  if (text === undefined) memo.set(file, (text = Buffer.from(file.file.src).toString()));
  const has = (before: string, after = ""): boolean =>
    new RegExp(`^\\s*${before}[\\w.]+\\.${method}\\([^()]*\\)${after}`, "m").test(text);
  const discards = has("_ = ");
  const defersIt =
    has("defer func\\(\\) \\{ _ = ", " \\}\\(\\)$") || has("defer func\\(\\) \\{\\n\\s*_ = ", "\\n\\s*\\}\\(\\)$");
  return {
    statement: discards && !has("") ? (call) => `_ = ${call}` : plainStyle.statement,
    deferred: defersIt && !has("defer ") ? (call) => `defer func() { _ = ${call} }()` : plainStyle.deferred,
  };
}
