import { UsageError } from "../base/errors.ts";

export type StoreFault =
  | "held" // another process writes to it
  | "newer" // written by a later version
  | "damaged" // not a store, or broken
  | "full" // the disk is, or may not be written
  | "busy" // another process is reading or writing for longer than we wait
  | "unreadable";

/** A store cannot be used. One line for people; `fault` for code. */
export class StoreError extends UsageError {
  readonly fault: StoreFault;
  constructor(fault: StoreFault, message: string) {
    super(message);
    this.fault = fault;
  }
}
