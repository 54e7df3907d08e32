/** Functions that make contexts, and what they make of their parent. All return the context first. */

/** New context with a deadline, cancel or value on the parent: https://pkg.go.dev/context */
export const derives: ReadonlyMap<string, "cancel" | "deadline" | "value"> = new Map([
  ["context.WithCancel", "cancel"],
  ["context.WithCancelCause", "cancel"],
  ["context.WithTimeout", "deadline"],
  ["context.WithTimeoutCause", "deadline"],
  ["context.WithDeadline", "deadline"],
  ["context.WithDeadlineCause", "deadline"],
  ["context.WithValue", "value"],
  // https://pkg.go.dev/os/signal#NotifyContext
  ["os/signal.NotifyContext", "cancel"],
]);

/** Contexts whose Done channel is nil, for ever: https://pkg.go.dev/context#Background, #WithoutCancel, https://pkg.go.dev/golang.org/x/net/context#Background */
export const neverDone: ReadonlySet<string> = new Set([
  "context.Background",
  "context.TODO",
  "context.WithoutCancel",
  "golang.org/x/net/context.Background",
  "golang.org/x/net/context.TODO",
]);

/** "The ctx argument is used while resolving the address on which to listen; it does not affect the returned Listener": https://pkg.go.dev/net#ListenConfig.Listen */
export const onlyResolve: ReadonlySet<string> = new Set([
  "(*net.ListenConfig).Listen",
  "(*net.ListenConfig).ListenPacket",
]);

/** "It is never canceled": contexts that start from nothing. */
export const roots: ReadonlySet<string> = new Set(["context.Background", "context.TODO"]);
