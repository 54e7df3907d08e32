import { UsageError } from "../base/errors.ts";

export type ProbeFault =
  | "refused" // nothing listens, or the host does not resolve
  | "timeout" // connect, first byte, between bytes, or as a whole
  | "too-large"
  | "status" // an HTTP status that is not what was asked for
  | "unauthorized"
  | "unknown-profile" // pprof is there, this profile is not
  | "not-pprof" // something answers, but not with a profile
  | "vanished" // the process or connection ended while it was read
  | "denied" // the kernel says no
  | "unsupported";

/** A probe could not get its evidence. One line for people; `fault` for code. */
export class ProbeError extends UsageError {
  readonly fault: ProbeFault;
  constructor(fault: ProbeFault, message: string) {
    super(message);
    this.fault = fault;
  }
}
