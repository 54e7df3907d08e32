/**
 * Resources as flow sees them: from which value one gets to the thing that must be released, and what releases it.
 *
 *     resp, err := http.Get(u)      root: resp     target: resp.Body     release: Close
 *     rows, err := db.Query(q)      root = target: rows                  release: Close; Next() false
 *     ctx, cancel := WithCancel(p)  root = target: cancel                release: calling it
 */
export interface ResourceSpec {
  /** Fields that lead from the acquired value to the target; empty where they are the same. */
  readonly path: readonly string[];
  /** Methods of the target that release it. */
  readonly methods: readonly string[];
  /** The target is a function, and calling it releases. */
  readonly call: boolean;
  /** Methods of the target that have released it when they return false: `rows.Next()`. */
  readonly exhaustedBy: readonly string[];
  /** Full names of functions that release what they are given: `pool.Put(c)`. */
  readonly functions?: readonly string[];
  /** Methods of the target that have released it when their last result, an error, is not nil: `stream.Recv()`. */
  readonly failing?: readonly string[];
  /** Code that is not known may release it, whatever it takes it for. */
  readonly mayBeTaken?: boolean;
}

/** What a function does with a value that it is given, as a bit set of what happens on its paths. */
export enum Effect {
  /** On no path anything. */
  None = 0,
  /** A path ends with the value released. */
  Released = 1,
  /** A path ends with the value as it was. */
  Held = 2,
  /** A path stores it somewhere or hands it to code that is not known. */
  Escaped = 4,
  /** A path returns it, or something that holds it. */
  Returned = 8,
  /** A path releases it and leaves something like it in its place, which whoever gets it may release again. */
  Replaced = 16,
  /** A path ends with the value as it was and an error returned, and none releases it: who gave it has it where the call fails. */
  Refused = 32,
}

/** A kind, or what else has more to tell, as flow sees it. */
export function specOf({
  path,
  methods,
  call,
  exhaustedBy,
  functions,
  failing,
  mayBeTaken,
}: ResourceSpec): ResourceSpec {
  return {
    path,
    methods,
    call,
    exhaustedBy,
    ...(functions === undefined ? {} : { functions }),
    ...(failing === undefined ? {} : { failing }),
    ...(mayBeTaken === undefined ? {} : { mayBeTaken }),
  };
}

export function specKey(s: ResourceSpec): string {
  return [
    s.path.join("."),
    s.methods.join(),
    s.call ? "()" : "",
    s.exhaustedBy.join(),
    s.failing?.join() ?? "",
    s.functions?.join() ?? "",
    s.mayBeTaken === true ? "taken" : "",
  ].join("|");
}

/** Methods by which an owner is told to let go of what it holds. */
export const ownerRelease: ReadonlySet<string> = new Set([
  "Close",
  "CloseNow",
  "Stop",
  "Shutdown",
  "Release",
  "Free",
  "Destroy",
  "Cleanup",
  "Disconnect",
  "Cancel",
  "Terminate",
  "Quit",
]);
