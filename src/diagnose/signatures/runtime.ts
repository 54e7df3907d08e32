/** The standard library's and the runtime's own goroutines. */
import { resident, type Signature } from "./signature.ts";

export const contextsAndCommands: readonly Signature[] = [
  {
    id: "context-watchers",
    anyFrame: ["context.(*cancelCtx).propagateCancel.func", "context.propagateCancel.func"],
    role: "pile",
    title: "contexts that nobody cancels",
    meaning:
      "A context derived from a parent of a foreign type costs a goroutine until it is cancelled: here is one per lost cancel.",
    next: ["call the CancelFunc on every path (defer cancel())"],
    rule: "context-cancel-lost",
  },
  {
    id: "exec-commands",
    anyFrame: [
      "os/exec.(*Cmd).Start.func",
      "os/exec.(*Cmd).watchCtx.func",
      "os/exec.(*Cmd).Wait",
      "os/exec.(*Cmd).awaitGoroutines",
    ],
    role: "pile",
    title: "child processes that are still waited for",
    meaning: "Commands that do not end, or whose output pipe a grandchild keeps open.",
    next: ["use exec.CommandContext with a deadline and set WaitDelay"],
    rule: "resource-unclosed",
  },
];

/** What every program has some of. */
export const background: readonly Signature[] = [
  resident("signal-watcher", ["os/signal.signal_recv", "os/signal.loop", "os/signal.NotifyContext.func"], 8),
  resident(
    "runtime-own",
    [
      "runtime.bgsweep",
      "runtime.bgscavenge",
      "runtime.forcegchelper",
      "runtime.runfinq",
      "runtime.runFinalizers",
      "runtime.runCleanups",
      "runtime.gcBgMarkWorker",
      "runtime.ensureSigM.func",
      "runtime.ReadTrace",
      "runtime.(*cleanupQueue).dequeue",
    ],
    512,
  ),
  resident(
    "library-loops",
    [
      "go.opencensus.io/stats/view.(*worker).start",
      "github.com/golang/glog.(*fileSink).flushDaemon",
      "github.com/golang/glog.(*loggingT).flushDaemon",
      "k8s.io/klog.(*flushDaemon).run.func",
      "github.com/patrickmn/go-cache.(*janitor).Run",
      "gopkg.in/natefinch/lumberjack.(*Logger).millRun",
      "github.com/rcrowley/go-metrics.(*meterArbiter).tick",
    ],
    8,
  ),
];
