/**
 * Why a goroutine waits. Dumps say it in their header; protobuf and debug=1 profiles do not, but the leaf frames do: the
 * runtime parks through a known function per reason.
 */
import { strictName } from "./names.ts";
import type { Frame } from "./columns.ts";

/**
 * Every status and wait reason that Go 1.18 to 1.27 prints (runtime/runtime2.go waitReasonStrings, runtime/traceback.go gStatusStrings).
 * Some hold parentheses of their own, so a header is read by the longest entry that fits and not by splitting.
 */
export const statuses: readonly string[] = [
  "idle",
  "runnable",
  "running",
  "syscall",
  "waiting",
  "dead",
  "copystack",
  "leaked",
  "preempted",
  "waiting for cgo callback",
  "???",
  "enqueue",
  "GC assist marking",
  "IO wait",
  "chan receive (nil chan)",
  "chan send (nil chan)",
  "dumping heap",
  "garbage collection",
  "garbage collection scan",
  "panicwait",
  "select",
  "select (no cases)",
  "GC assist wait",
  "GC sweep wait",
  "GC scavenge wait",
  "chan receive",
  "chan send",
  "finalizer wait",
  "force gc (idle)",
  "GOMAXPROCS updater (idle)",
  "semacquire",
  "sleep",
  "sync.Cond.Wait",
  "sync.Mutex.Lock",
  "sync.RWMutex.RLock",
  "sync.RWMutex.Lock",
  "sync.WaitGroup.Wait",
  "timer goroutine (idle)",
  "trace reader (blocked)",
  "wait for GC cycle",
  "GC worker (idle)",
  "GC worker (active)",
  "debug call",
  "GC mark termination",
  "stopping the world",
  "flushing proc caches",
  "trace goroutine status",
  "trace proc status",
  "page trace flush",
  "coroutine",
  "GC weak to strong wait",
  "synctest.Run",
  "synctest.Wait",
  "chan receive (synctest)",
  "chan send (synctest)",
  "select (synctest)",
  "chan receive (durable)",
  "chan send (durable)",
  "select (durable)",
  "sync.WaitGroup.Wait (durable)",
  "cleanup wait",
];

/** Leaf functions by the wait they stand for. Tried from the leaf upwards, so the first that is known decides. */
const waitByFunction: ReadonlyMap<string, string> = new Map([
  ["runtime.chanrecv1", "chan receive"],
  ["runtime.chanrecv2", "chan receive"],
  ["runtime.chanrecv", "chan receive"],
  ["runtime.chansend1", "chan send"],
  ["runtime.chansend", "chan send"],
  ["runtime.selectgo", "select"],
  ["runtime.block", "select (no cases)"],
  ["runtime.netpollblock", "IO wait"],
  ["internal/poll.runtime_pollWait", "IO wait"],
  ["runtime.pollWork", "IO wait"],
  ["time.Sleep", "sleep"],
  ["runtime.timeSleep", "sleep"],
  ["sync.runtime_SemacquireMutex", "sync.Mutex.Lock"],
  ["internal/sync.runtime_SemacquireMutex", "sync.Mutex.Lock"],
  ["sync.runtime_SemacquireRWMutexR", "sync.RWMutex.RLock"],
  ["sync.runtime_SemacquireRWMutex", "sync.RWMutex.Lock"],
  ["sync.runtime_SemacquireWaitGroup", "sync.WaitGroup.Wait"],
  ["sync.(*WaitGroup).Wait", "sync.WaitGroup.Wait"],
  ["sync.(*Mutex).Lock", "sync.Mutex.Lock"],
  ["sync.(*Mutex).lockSlow", "sync.Mutex.Lock"],
  ["sync.(*RWMutex).RLock", "sync.RWMutex.RLock"],
  ["sync.(*RWMutex).Lock", "sync.RWMutex.Lock"],
  ["sync.runtime_notifyListWait", "sync.Cond.Wait"],
  ["sync.runtime_Semacquire", "semacquire"],
  ["runtime.semacquire1", "semacquire"],
  ["runtime.goparkunlock", ""],
  ["runtime.gopark", ""],
  ["runtime.notetsleepg", "syscall"],
  ["runtime.cgocall", "syscall"],
  ["runtime.exitsyscall", "syscall"],
  ["syscall.Syscall", "syscall"],
  ["syscall.Syscall6", "syscall"],
  ["syscall.syscall", "syscall"],
  ["syscall.RawSyscall6", "syscall"],
  ["internal/runtime/syscall.Syscall6", "syscall"],
  ["internal/runtime/syscall/linux.Syscall6", "syscall"],
  ["runtime/internal/syscall.Syscall6", "syscall"],
  ["os/signal.signal_recv", "syscall"],
  ["runtime.coroswitch", "coroutine"],
  ["runtime.bgsweep", "GC sweep wait"],
  ["runtime.bgscavenge", "GC scavenge wait"],
  ["runtime.forcegchelper", "force gc (idle)"],
  ["runtime.runfinq", "finalizer wait"],
  ["runtime.runFinalizers", "finalizer wait"],
  ["runtime.gcBgMarkWorker", "GC worker (idle)"],
]);

/** The wait reason that the leaf frames show; "" where they show none (running, or runtime frames are cut off). */
export function waitOf(frames: readonly Frame[]): string {
  let generic = "";
  for (let i = 0; i < frames.length && i < 16; i++) {
    const name = strictName(frames[i].func);
    const wait = waitByFunction.get(name);
    if (wait !== undefined && wait !== "") {
      // A semaphore says little; the sync type above it says which lock.
      if (wait !== "semacquire" && wait !== "sync.Mutex.Lock") return wait;
      generic = wait;
      continue;
    }
    if (generic !== "" && !/^(?:sync|internal\/sync|runtime)\./.test(name)) return generic;
  }
  return generic;
}

/** Waits that end only when some other goroutine acts: candidates for a leak. The rest are the runtime's own or run by the clock or the kernel. */
export function isBlockedOnPeer(wait: string): boolean {
  return /^(?:chan |select|sync\.|semacquire|coroutine)/.test(wait);
}
