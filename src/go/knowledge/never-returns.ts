/** Functions that never return to their caller: what follows a call of one is unreachable. */

const names = [
  // https://pkg.go.dev/os#Exit, runtime#Goexit, syscall#Exit
  "os.Exit",
  "runtime.Goexit",
  "syscall.Exit",
  // https://pkg.go.dev/log
  "log.Fatal",
  "log.Fatalf",
  "log.Fatalln",
  "log.Panic",
  "log.Panicf",
  "log.Panicln",
  "(*log.Logger).Fatal",
  "(*log.Logger).Fatalf",
  "(*log.Logger).Fatalln",
  "(*log.Logger).Panic",
  "(*log.Logger).Panicf",
  "(*log.Logger).Panicln",
  // https://pkg.go.dev/testing#T: FailNow and what calls it
  "(*testing.common).FailNow",
  "(*testing.common).Fatal",
  "(*testing.common).Fatalf",
  "(*testing.common).Skip",
  "(*testing.common).SkipNow",
  "(*testing.common).Skipf",
  "(testing.TB).FailNow",
  "(testing.TB).Fatal",
  "(testing.TB).Fatalf",
  "(testing.TB).Skip",
  "(testing.TB).SkipNow",
  "(testing.TB).Skipf",
  // https://pkg.go.dev/k8s.io/klog/v2
  ...["k8s.io/klog", "k8s.io/klog/v2", "github.com/golang/glog"].flatMap((m) =>
    ["Fatal", "Fatalf", "Fatalln", "FatalDepth", "Exit", "Exitf", "Exitln", "ExitDepth"].map((f) => `${m}.${f}`),
  ),
  // https://pkg.go.dev/go.uber.org/zap
  ...["Fatal", "Panic"].map((f) => `(*go.uber.org/zap.Logger).${f}`),
  ...["Fatal", "Fatalf", "Fatalw", "Fatalln", "Panic", "Panicf", "Panicw", "Panicln"].map(
    (f) => `(*go.uber.org/zap.SugaredLogger).${f}`,
  ),
  // https://pkg.go.dev/github.com/sirupsen/logrus
  ...["Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln"].flatMap((f) => [
    `github.com/sirupsen/logrus.${f}`,
    `(*github.com/sirupsen/logrus.Logger).${f}`,
    `(*github.com/sirupsen/logrus.Entry).${f}`,
  ]),
  // https://pkg.go.dev/google.golang.org/grpc/grpclog
  ...["Fatal", "Fatalf", "Fatalln"].map((f) => `google.golang.org/grpc/grpclog.${f}`),
] as const;

export const neverReturns: ReadonlySet<string> = new Set(names);

/**
 * `example.com/lib/logger.Fatalf`, `(*example.com/log.Logger).Panicf`: loggers of a program's own keep to what those words mean in
 * package log (https://pkg.go.dev/log: "Fatal … is equivalent to Print followed by a call to os.Exit(1)"). Of functions without results:
 * zerolog's Fatal gives an event.
 */
export const endsByName = /(?:^|[/(*])\w*log(?:ger|ging|s)?(?:\/v\d+)?\.(?:\w+\)\.)?(?:Fatal|Panic)(?:f|ln|w)?$/;
