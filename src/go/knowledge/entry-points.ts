/** Shapes of functions that frameworks call again and again. A `*` before a type: a pointer to it. */
export interface HandlerShape {
  /** Types of the parameters, in order. */
  readonly params: readonly string[];
  /** What calls it: "for every HTTP request". */
  readonly runs: string;
  readonly link: string;
}

const http = "for every HTTP request";
const message = "for every message";

export const handlerShapes: readonly HandlerShape[] = [
  // chi and gorilla/mux use the standard shape.
  {
    params: ["net/http.ResponseWriter", "*net/http.Request"],
    runs: http,
    link: "https://pkg.go.dev/net/http#HandlerFunc",
  },
  {
    params: ["*github.com/gin-gonic/gin.Context"],
    runs: http,
    link: "https://pkg.go.dev/github.com/gin-gonic/gin#HandlerFunc",
  },
  {
    params: ["github.com/labstack/echo/v4.Context"],
    runs: http,
    link: "https://pkg.go.dev/github.com/labstack/echo/v4#HandlerFunc",
  },
  {
    params: ["*github.com/gofiber/fiber/v2.Ctx"],
    runs: http,
    link: "https://pkg.go.dev/github.com/gofiber/fiber/v2#Handler",
  },
  {
    params: ["github.com/gofiber/fiber/v3.Ctx"],
    runs: http,
    link: "https://pkg.go.dev/github.com/gofiber/fiber/v3#Handler",
  },
  {
    params: ["*github.com/valyala/fasthttp.RequestCtx"],
    runs: http,
    link: "https://pkg.go.dev/github.com/valyala/fasthttp#RequestHandler",
  },
  {
    params: ["*github.com/nats-io/nats.go.Msg"],
    runs: message,
    link: "https://pkg.go.dev/github.com/nats-io/nats.go#MsgHandler",
  },
  {
    params: ["github.com/rabbitmq/amqp091-go.Delivery"],
    runs: message,
    link: "https://pkg.go.dev/github.com/rabbitmq/amqp091-go#Delivery",
  },
  {
    params: ["github.com/IBM/sarama.ConsumerGroupSession", "github.com/IBM/sarama.ConsumerGroupClaim"],
    runs: "for every claimed partition",
    link: "https://pkg.go.dev/github.com/IBM/sarama#ConsumerGroupHandler",
  },
  {
    params: ["github.com/eclipse/paho.mqtt.golang.Client", "github.com/eclipse/paho.mqtt.golang.Message"],
    runs: message,
    link: "https://pkg.go.dev/github.com/eclipse/paho.mqtt.golang#MessageHandler",
  },
];

/**
 * Types of parameters by which the functions are known that a command of a program runs, once:
 * https://pkg.go.dev/github.com/spf13/cobra#Command, https://pkg.go.dev/github.com/urfave/cli/v2#ActionFunc
 */
export const commandParams: ReadonlySet<string> = new Set([
  "*github.com/spf13/cobra.Command",
  "*github.com/urfave/cli.Context",
  "*github.com/urfave/cli/v2.Context",
  "*github.com/urfave/cli/v3.Command",
  "*github.com/alecthomas/kingpin.ParseContext",
  "*github.com/alecthomas/kingpin/v2.ParseContext",
  // A plugin's process is run for one container: https://pkg.go.dev/github.com/containernetworking/cni/pkg/skel#CmdArgs
  "*github.com/containernetworking/cni/pkg/skel.CmdArgs",
]);

/**
 * Types of parameters that there are while a program is put together, and no longer: its actors, what it starts and stops, its controllers.
 * https://pkg.go.dev/github.com/oklog/run#Group, https://pkg.go.dev/go.uber.org/fx#Lifecycle,
 * https://pkg.go.dev/sigs.k8s.io/controller-runtime/pkg/manager#Manager
 */
export const startParams: ReadonlySet<string> = new Set([
  "*github.com/oklog/run.Group",
  "go.uber.org/fx.Lifecycle",
  "sigs.k8s.io/controller-runtime/pkg/manager.Manager",
]);

/** Functions that run what they are given once: https://pkg.go.dev/sync#Once.Do */
export const runsOnce: ReadonlySet<string> = new Set([
  "(*sync.Once).Do",
  "sync.OnceFunc",
  "sync.OnceValue",
  "sync.OnceValues",
]);

/**
 * Functions that run what they are given once for each call, or until it succeeds and a few times at most:
 * https://pkg.go.dev/golang.org/x/sync/errgroup#Group.Go, https://pkg.go.dev/sync#WaitGroup.Go,
 * https://pkg.go.dev/github.com/oklog/run#Group.Add, https://pkg.go.dev/k8s.io/client-go/util/retry#OnError
 */
export const runsAtMostAFewTimes: ReadonlySet<string> = new Set([
  ...runsOnce,
  "(*sync.WaitGroup).Go",
  "(*golang.org/x/sync/errgroup.Group).Go",
  "(*golang.org/x/sync/errgroup.Group).TryGo",
  "(*github.com/oklog/run.Group).Add",
  "k8s.io/client-go/util/retry.OnError",
  "k8s.io/client-go/util/retry.RetryOnConflict",
  "k8s.io/apimachinery/pkg/util/wait.ExponentialBackoff",
  "k8s.io/apimachinery/pkg/util/wait.ExponentialBackoffWithContext",
]);

/**
 * Functions that run what they are given until it fails, and return that error: https://pkg.go.dev/path/filepath#WalkFunc,
 * https://pkg.go.dev/io/fs#WalkDirFunc
 */
export const passesErrorOn: ReadonlySet<string> = new Set([
  "path/filepath.Walk",
  "path/filepath.WalkDir",
  "io/fs.WalkDir",
]);
