const http = "for every HTTP request";
const message = "for every message";

/**
 * Types of what a function is given for every one of something, whatever else it is given: `func (s *Store) save(out *restful.Response, user string) error`.
 * With when it runs.
 */
export const givenEach: ReadonlyMap<string, string> = new Map([
  // https://pkg.go.dev/github.com/emicklei/go-restful/v3#RouteFunction
  ["*github.com/emicklei/go-restful.Response", http],
  ["*github.com/emicklei/go-restful/v3.Response", http],
  // https://pkg.go.dev/github.com/cloudwego/hertz/pkg/app#HandlerFunc, https://pkg.go.dev/github.com/kataras/iris/v12/context#Handler
  ["*github.com/cloudwego/hertz/pkg/app.RequestContext", http],
  ["*github.com/kataras/iris/v12/context.Context", http],
  // https://pkg.go.dev/github.com/gin-gonic/gin#HandlerFunc, https://pkg.go.dev/github.com/labstack/echo/v5#HandlerFunc
  ["*github.com/gin-gonic/gin.Context", http],
  ["github.com/labstack/echo.Context", http],
  ["github.com/labstack/echo/v4.Context", http],
  ["*github.com/labstack/echo/v5.Context", http],
  // https://pkg.go.dev/github.com/gofiber/fiber/v3#Handler, https://pkg.go.dev/github.com/valyala/fasthttp#RequestHandler
  ["*github.com/gofiber/fiber/v2.Ctx", http],
  ["github.com/gofiber/fiber/v3.Ctx", http],
  ["*github.com/valyala/fasthttp.RequestCtx", http],
  // https://pkg.go.dev/github.com/graphql-go/graphql#FieldResolveFn
  ["github.com/graphql-go/graphql.ResolveParams", "for every field that is asked for"],
  // https://pkg.go.dev/connectrpc.com/connect#NewUnaryHandler
  ["*connectrpc.com/connect.Request", "for every RPC"],
  ["*connectrpc.com/connect.ServerStream", "for every RPC"],
  ["*connectrpc.com/connect.BidiStream", "for every RPC"],
  ["*connectrpc.com/connect.ClientStream", "for every RPC"],
  // https://pkg.go.dev/github.com/IBM/sarama#ConsumerMessage and what the other clients of brokers hand on
  ["*github.com/IBM/sarama.ConsumerMessage", message],
  ["*github.com/Shopify/sarama.ConsumerMessage", message],
  ["github.com/segmentio/kafka-go.Message", message],
  ["*github.com/twmb/franz-go/pkg/kgo.Record", message],
  ["*github.com/confluentinc/confluent-kafka-go/v2/kafka.Message", message],
  ["*github.com/confluentinc/confluent-kafka-go/kafka.Message", message],
  ["*github.com/nats-io/nats.go.Msg", message],
  ["github.com/nats-io/nats.go/jetstream.Msg", message],
  ["*github.com/nats-io/stan.go.Msg", message],
  ["github.com/rabbitmq/amqp091-go.Delivery", message],
  ["*github.com/rabbitmq/amqp091-go.Delivery", message],
  ["github.com/eclipse/paho.mqtt.golang.Message", message],
  ["*github.com/nsqio/go-nsq.Message", message],
  ["*cloud.google.com/go/pubsub.Message", message],
  ["*cloud.google.com/go/pubsub/v2.Message", message],
  ["*github.com/ThreeDotsLabs/watermill/message.Message", message],
  ["*github.com/apache/rocketmq-client-go/v2/primitive.MessageExt", message],
  ["github.com/apache/pulsar-client-go/pulsar.Message", message],
  ["github.com/apache/pulsar-client-go/pulsar.ConsumerMessage", message],
  ["*github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus.ReceivedMessage", message],
  ["*github.com/redis/go-redis/v9.Message", message],
  ["*github.com/jackc/pgx/v5/pgconn.Notification", message],
  ["github.com/nats-io/nats.go/micro.Request", message],
  // https://pkg.go.dev/github.com/IBM/sarama#ConsumerGroupHandler
  ["github.com/IBM/sarama.ConsumerGroupClaim", "for every claimed partition"],
  ["github.com/Shopify/sarama.ConsumerGroupClaim", "for every claimed partition"],
  // https://pkg.go.dev/github.com/go-telegram-bot-api/telegram-bot-api/v5#Update, https://pkg.go.dev/gopkg.in/telebot.v3#HandlerFunc
  ["github.com/go-telegram-bot-api/telegram-bot-api/v5.Update", message],
  ["gopkg.in/telebot.v3.Context", message],
  // https://pkg.go.dev/github.com/bwmarrin/discordgo#EventHandler
  ["*github.com/bwmarrin/discordgo.MessageCreate", message],
  ["*github.com/bwmarrin/discordgo.InteractionCreate", message],
  // https://pkg.go.dev/github.com/aws/aws-lambda-go/lambda#Start
  ...["APIGatewayProxyRequest", "APIGatewayV2HTTPRequest", "ALBTargetGroupRequest"].map((event): [string, string] => [
    `github.com/aws/aws-lambda-go/events.${event}`,
    http,
  ]),
  ...["SQSEvent", "SNSEvent", "S3Event", "KinesisEvent", "DynamoDBEvent", "CloudWatchEvent"].map(
    (event): [string, string] => [`github.com/aws/aws-lambda-go/events.${event}`, "for every event"],
  ),
  // https://pkg.go.dev/go.temporal.io/sdk/workflow#Context
  ["go.temporal.io/sdk/workflow.Context", "for every workflow"],
  // https://pkg.go.dev/github.com/hibiken/asynq#Handler, https://pkg.go.dev/github.com/riverqueue/river#Worker
  ["*github.com/hibiken/asynq.Task", "for every task"],
  ["*github.com/riverqueue/river.Job", "for every job"],
  // https://pkg.go.dev/sigs.k8s.io/controller-runtime/pkg/reconcile#Reconciler
  ["sigs.k8s.io/controller-runtime/pkg/reconcile.Request", "for every change of an object"],
  // https://pkg.go.dev/sigs.k8s.io/controller-runtime/pkg/webhook/admission#Handler
  ["sigs.k8s.io/controller-runtime/pkg/webhook/admission.Request", http],
  ["*k8s.io/api/admission/v1.AdmissionRequest", http],
  // https://pkg.go.dev/github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema#Resource
  ["*github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema.ResourceData", "for every resource"],
  ["*github.com/hashicorp/terraform-plugin-sdk/helper/schema.ResourceData", "for every resource"],
  // https://pkg.go.dev/github.com/prometheus/client_golang/prometheus#Collector
  ["chan<- github.com/prometheus/client_golang/prometheus.Metric", "for every scrape"],
  // https://pkg.go.dev/golang.org/x/crypto/ssh#NewChannel, https://pkg.go.dev/github.com/gliderlabs/ssh#Handler
  ["golang.org/x/crypto/ssh.NewChannel", "for every channel"],
  ["golang.org/x/crypto/ssh.Channel", "for every channel"],
  ["github.com/gliderlabs/ssh.Session", "for every session"],
  // https://pkg.go.dev/github.com/miekg/dns#Handler
  ["github.com/miekg/dns.ResponseWriter", "for every query"],
  // https://pkg.go.dev/github.com/hashicorp/vault/sdk/logical#Request
  ["*github.com/hashicorp/vault/sdk/logical.Request", "for every request"],
]);

/** Methods, as `methodSignature` writes them, that whoever holds such a value calls again and again. */
export const calledAgain: ReadonlyMap<string, string> = new Map([
  // https://pkg.go.dev/net/http#RoundTripper, https://pkg.go.dev/net#Listener
  ["RoundTrip(*net/http.Request) *net/http.Response, error", "for every request that is sent"],
  ["Accept() net.Conn, error", "for every connection"],
  // https://pkg.go.dev/net#Dialer.DialContext, https://pkg.go.dev/golang.org/x/net/proxy#Dialer
  ["DialContext(context.Context, string, string) net.Conn, error", "for every connection"],
  ["Dial(string, string) net.Conn, error", "for every connection"],
  // https://pkg.go.dev/database/sql/driver#Connector
  ["Connect(context.Context) database/sql/driver.Conn, error", "for every connection"],
  ["Open(string) database/sql/driver.Conn, error", "for every connection"],
  // https://pkg.go.dev/io/fs#FS, https://pkg.go.dev/net/http#FileSystem
  ["Open(string) io/fs.File, error", "for every file"],
  ["Open(string) net/http.File, error", "for every file"],
  // https://pkg.go.dev/io#Reader
  ["Read([]uint8) int, error", "for every read"],
  ["Write([]uint8) int, error", "for every write"],
  ["ReadAt([]uint8, int64) int, error", "for every read"],
  ["WriteAt([]uint8, int64) int, error", "for every write"],
]);

/** Functions that run what they are given again and again, by the place of the argument. */
export const runsAgain: ReadonlyMap<string, { readonly arg: number; readonly runs: string }> = new Map([
  // https://pkg.go.dev/k8s.io/apimachinery/pkg/util/wait
  ...["Forever", "Until", "JitterUntil", "NonSlidingUntil"].map(
    (f) => [`k8s.io/apimachinery/pkg/util/wait.${f}`, { arg: 0, runs: "in every period" }] as const,
  ),
  ...["UntilWithContext", "JitterUntilWithContext", "NonSlidingUntilWithContext"].map(
    (f) => [`k8s.io/apimachinery/pkg/util/wait.${f}`, { arg: 1, runs: "in every period" }] as const,
  ),
  // https://pkg.go.dev/github.com/robfig/cron/v3#Cron.AddFunc
  ["(*github.com/robfig/cron/v3.Cron).AddFunc", { arg: 1, runs: "at every time of a schedule" }],
  ["(*github.com/robfig/cron.Cron).AddFunc", { arg: 1, runs: "at every time of a schedule" }],
  // https://pkg.go.dev/github.com/grafana/dskit/services#NewTimerService
  ["github.com/grafana/dskit/services.NewTimerService", { arg: 2, runs: "in every period" }],
]);

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

/**
 * Functions that run what they are given while a program is put together: https://pkg.go.dev/github.com/grafana/dskit/modules#Manager.RegisterModule,
 * https://pkg.go.dev/go.uber.org/fx#Provide, https://pkg.go.dev/go.uber.org/dig#Container.Provide
 */
export const runsAtStart: ReadonlySet<string> = new Set([
  "(*github.com/grafana/dskit/modules.Manager).RegisterModule",
  "(*github.com/cortexproject/cortex/pkg/util/modules.Manager).RegisterModule",
  "go.uber.org/fx.Provide",
  "go.uber.org/fx.Invoke",
  "(*go.uber.org/dig.Container).Provide",
  "(*go.uber.org/dig.Container).Invoke",
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
