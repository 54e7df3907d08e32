import { renameSync, rmSync, writeFileSync } from "node:fs";
import { messageOf, UsageError } from "../base/errors.ts";

/** Writes a file whole or not at all. */
export function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, file);
  } catch (e) {
    rmSync(temporary, { force: true });
    throw new UsageError(`cannot write ${file}: ${messageOf(e)}`);
  }
}
