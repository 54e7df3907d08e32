/** What a pile means where only the wait is known. */
export interface WaitMeaning {
  readonly title: string;
  readonly meaning: string;
  readonly next: readonly string[];
  readonly rule: string | null;
}

export function meaningOfWait(wait: string): WaitMeaning {
  switch (wait) {
    case "chan send":
      return {
        title: "goroutines that cannot deliver their result",
        meaning:
          "They send on a channel that nobody receives from any more: the receiver took another result, ran into its timeout or returned early.",
        next: ["give the channel room for every send, or select on ctx.Done() beside the send"],
        rule: "goroutine-send-blocked",
      };
    case "chan receive":
      return {
        title: "goroutines waiting to receive",
        meaning:
          "They wait for a value or a close that has not come. Workers of a pool wait like this too: only growth tells them apart.",
        next: [
          "see who sends or closes, and whether that happens on every path",
          "a range over a channel ends only when somebody closes it",
        ],
        rule: "goroutine-recv-blocked",
      };
    case "chan receive (nil chan)":
    case "chan send (nil chan)":
      return {
        title: "goroutines waiting on a nil channel",
        meaning: "Nothing can ever be sent on or received from a nil channel: they stay for ever.",
        next: ["find where the channel should have been made"],
        rule: "goroutine-recv-blocked",
      };
    case "select":
      return {
        title: "goroutines waiting in a select",
        meaning:
          "None of the cases has happened. If one of them is ctx.Done(), that context is not cancelled: it may be context.Background() or its cancel was lost.",
        next: ["see whether the context that arrives here can ever end", "see who feeds the other cases"],
        rule: "context-never-done",
      };
    case "select (no cases)":
      return {
        title: "goroutines parked for ever",
        meaning:
          "select {} never ends. In main it is a way to wait; in a goroutine it keeps everything that the goroutine refers to.",
        next: ["end the goroutine by a context or a done channel"],
        rule: "goroutine-no-exit",
      };
    case "sync.Mutex.Lock":
    case "sync.RWMutex.Lock":
    case "sync.RWMutex.RLock":
      return {
        title: "goroutines waiting for a lock",
        meaning:
          "Somebody holds the lock and does not let go: a path without Unlock, a deadlock, or a holder that is stuck itself.",
        next: ["find the holder: a goroutine past this Lock that waits elsewhere", "defer Unlock"],
        rule: "mutex-not-unlocked",
      };
    case "sync.WaitGroup.Wait":
      return {
        title: "goroutines waiting for a WaitGroup",
        meaning: "Done has been called less often than Add: a worker is stuck, panicked, or returned before its Done.",
        next: ["defer wg.Done() as the worker's first line; Add before go"],
        rule: "waitgroup-mismatch",
      };
    case "sync.Cond.Wait":
    case "semacquire":
      return {
        title: "goroutines waiting to be signalled",
        meaning: "They wait for a Signal, Broadcast or semaphore that has not come.",
        next: ["see who signals, and whether it can return before it does"],
        rule: "goroutine-recv-blocked",
      };
    case "IO wait":
      return {
        title: "goroutines waiting for the network",
        meaning:
          "They read from or write to connections whose other side is silent. Without a deadline that lasts as long as the connection.",
        next: ["set a read deadline", "close the connection when its owner is done"],
        rule: "resource-unclosed",
      };
    case "sleep":
      return {
        title: "sleeping goroutines",
        meaning: "They sleep in a loop, or for long, and cannot be told to stop.",
        next: ["select on a timer and ctx.Done() instead of time.Sleep"],
        rule: "goroutine-no-exit",
      };
    default:
      return {
        title: "goroutines at one line",
        meaning: "A pile at one place.",
        next: ["look at the line below and at what it waits for"],
        rule: null,
      };
  }
}
