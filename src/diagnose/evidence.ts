/** What a diagnosis is made from: one look at a process, already read and grouped. Filled by the command from a snapshot or bundle. */
import type { Profile } from "../profile/columns.ts";
import type { GoroutineGroup } from "../profile/group.ts";

export interface Connections {
  readonly transport: "tcp" | "udp";
  readonly state: string;
  readonly direction: "in" | "out" | "listen";
  readonly peer: string;
  readonly port: number;
  readonly count: number;
  readonly unread: number;
  readonly fds: readonly number[];
  /** Our ports, which tell one connection from the next; of the first thousand. Absent: not known. */
  readonly localPorts?: readonly number[];
}

export interface Look {
  /** Milliseconds since 1970. */
  readonly takenMs: number;
  readonly target: string;
  readonly process: {
    readonly pid: number;
    readonly name: string;
    readonly startTicks: number;
    readonly startedMs: number;
    readonly rssBytes: number;
    readonly threads: number;
    readonly maxFds: number;
  } | null;
  readonly build: {
    readonly goVersion: string;
    readonly goMinor: number | null;
    readonly path: string;
    readonly main: { readonly path: string; readonly version: string } | null;
    readonly settings: Readonly<Record<string, string>>;
  } | null;
  readonly goroutines: {
    readonly total: number;
    readonly groups: readonly GoroutineGroup[];
    /** Where the groups come from: dumps know wait times and creators, profiles do not. */
    readonly from: "dump" | "profile";
    /** Says why the list is not whole; "". */
    readonly truncated: string;
  } | null;
  /** What the runtime itself proved leaked (goroutineleak profile); null where it was not asked. */
  readonly proven: readonly GoroutineGroup[] | null;
  readonly heap: Profile | null;
  /** Bytes that the last collection found live, best source first; null where nothing tells. Never HeapAlloc, which is a saw-tooth. */
  readonly liveHeapBytes: number | null;
  readonly fds: {
    readonly total: number;
    readonly byKind: readonly { readonly kind: string; readonly count: number }[];
    readonly repeated: readonly { readonly target: string; readonly count: number }[];
    /** By what their names have in common, `/tmp/report*`; most first. */
    readonly files: readonly {
      readonly name: string;
      readonly kind: "file" | "deleted";
      readonly count: number;
      readonly fds: readonly number[];
    }[];
  } | null;
  readonly sockets: {
    readonly groups: readonly Connections[];
    readonly unowned: readonly Connections[];
    readonly listening: readonly { readonly address: string; readonly port: number }[];
    readonly total: number;
  } | null;
  readonly metrics: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}
