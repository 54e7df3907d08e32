/**
 * What standard library functions do with values they are given, where it is not the ordinary case. Ordinary is: they use
 * it during the call, or return something that wraps it and leaves closing to the caller.
 */

/** Functions that take an argument over: they close it themselves, later or through something else. */
export const takesArgument: ReadonlySet<string> = new Set([
  // "If body is also an io.Closer, the Client Do, Post … will close it": https://pkg.go.dev/net/http#NewRequest
  "net/http.NewRequest",
  // field.Set(reflect.ValueOf(f)): where it goes cannot be seen
  "reflect.ValueOf",
  "net/http.NewRequestWithContext",
  "net/http.Post",
  "(*net/http.Client).Post",
  // Serve closes the listener: https://pkg.go.dev/net/http#Server.Serve
  "net/http.Serve",
  "net/http.ServeTLS",
  "(*net/http.Server).Serve",
  "(*net/http.Server).ServeTLS",
  "(*google.golang.org/grpc.Server).Serve",
  // It closes the connection where it fails, and has it where it does not: net/smtp/smtp.go
  "net/smtp.NewClient",
  // rpc codecs close their connection: https://pkg.go.dev/net/rpc#ServeConn
  "net/rpc.ServeConn",
  "net/rpc.NewClient",
  "(*net/rpc.Server).ServeConn",
  "net/rpc/jsonrpc.ServeConn",
  "net/rpc/jsonrpc.NewClient",
  // They run what they are given, at some time: https://pkg.go.dev/context#AfterFunc, time#AfterFunc, testing#T.Cleanup
  "context.AfterFunc",
  "time.AfterFunc",
  "runtime.SetFinalizer",
  "runtime.AddCleanup",
  "(*testing.common).Cleanup",
  "(testing.TB).Cleanup",
  // They write to it until they are stopped: https://pkg.go.dev/runtime/pprof#StartCPUProfile
  "runtime/pprof.StartCPUProfile",
  "runtime/trace.Start",
  // It writes there from now on: https://pkg.go.dev/log#SetOutput
  "log.SetOutput",
  "(*log.Logger).SetOutput",
  "(*sync.Map).Store",
  "(*sync.Map).LoadOrStore",
  "(*sync.Pool).Put",
  "(*container/list.List).PushBack",
  "(*container/list.List).PushFront",
  "(*container/list.List).InsertBefore",
  "(*container/list.List).InsertAfter",
  "container/heap.Push",
  "(*sync.Map).Swap",
  "(*sync.Map).CompareAndSwap",
  "(*sync/atomic.Value).Swap",
  "(*sync/atomic.Value).CompareAndSwap",
  "(*sync/atomic.Pointer).Store",
  "(*sync/atomic.Pointer).Swap",
  "(*sync/atomic.Pointer).CompareAndSwap",
  "(*sync/atomic.Value).Store",
]);

/**
 * Functions that read a response's body to its end, close it and put what they read in its place, where the argument of that index says so. An error while
 * reading ends the connection as well: drainBody in net/http/httputil/dump.go, bodyEOFSignal in net/http/transport.go.
 */
export const replacesBody: ReadonlyMap<string, number> = new Map([["net/http/httputil.DumpResponse", 1]]);

/**
 * Methods whose result is a part of the receiver, which is needed for as long as that:
 * https://pkg.go.dev/go.opentelemetry.io/otel/sdk/trace#TracerProvider.Tracer and its kin
 */
export const givesHandle: ReadonlySet<string> = new Set([
  "(*go.opentelemetry.io/otel/sdk/trace.TracerProvider).Tracer",
  "(*go.opentelemetry.io/otel/sdk/metric.MeterProvider).Meter",
  "(*go.opentelemetry.io/otel/sdk/log.LoggerProvider).Logger",
]);

/** What they give holds something only of what they are given: a provider without a processor or reader exports nothing, and runs nothing. */
export const holdsWhatIsGiven: ReadonlySet<string> = new Set([
  "go.opentelemetry.io/otel/sdk/trace.NewTracerProvider",
  "go.opentelemetry.io/otel/sdk/metric.NewMeterProvider",
  "go.opentelemetry.io/otel/sdk/log.NewLoggerProvider",
]);

/** Predicates of errors that are false for nil: https://pkg.go.dev/errors#Is and their kin. */
export const errorPredicates: ReadonlySet<string> = new Set([
  "errors.Is",
  "errors.As",
  "errors.AsType",
  "os.IsNotExist",
  "os.IsExist",
  "os.IsPermission",
  "os.IsTimeout",
  "github.com/pkg/errors.Is",
  "github.com/pkg/errors.As",
  "golang.org/x/xerrors.Is",
  "golang.org/x/xerrors.As",
  "github.com/cockroachdb/errors.Is",
  "github.com/cockroachdb/errors.As",
  ...[
    "IsNotFound",
    "IsAlreadyExists",
    "IsConflict",
    "IsForbidden",
    "IsInvalid",
    "IsTimeout",
    "IsUnauthorized",
    "IsServiceUnavailable",
    "IsTooManyRequests",
    "IsGone",
    "IsResourceExpired",
    "IsInternalError",
    "IsServerTimeout",
    "IsBadRequest",
    "IsMethodNotSupported",
  ].map((f) => `k8s.io/apimachinery/pkg/api/errors.${f}`),
]);
