/** `stanch init`: a commented stanch.yaml that fits the repository it is written for. */
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { UsageError } from "../base/errors.ts";
import { ignorePages } from "../check/ignore-pages.ts";
import { type Survey, survey } from "../check/survey.ts";
import { configSchema } from "../config/json-schema.ts";
import { fileNames } from "../config/load.ts";
import { Loader } from "../go/load/loader.ts";
import { rules } from "../rules/registry.ts";
import { writeWhole } from "./files.ts";
import { toolVersion } from "./version.ts";
import { counted } from "../base/numbers.ts";

export interface InitFlags {
  readonly force?: boolean;
  readonly print?: boolean;
  readonly schema?: boolean;
}

export function run(flags: InitFlags): void {
  if (flags.schema === true) {
    process.stdout.write(
      `${JSON.stringify(configSchema([...rules.map((r) => r.id), ...ignorePages.keys()]), null, 2)}\n`,
    );
    return;
  }
  const dir = process.cwd();
  const there = fileNames.map((n) => join(dir, n)).find((f) => existsSync(f));
  if (there !== undefined && flags.force !== true && flags.print !== true)
    throw new UsageError(`${relative(dir, there)} is there already; --force replaces it, --print shows a new one`);
  const text = initialConfig(survey(Loader.open(dir)), schemaAddress(dir));
  if (flags.print === true) {
    process.stdout.write(text);
    return;
  }
  const file = there ?? join(dir, fileNames[0]);
  writeWhole(file, text);
  process.stdout.write(`${relative(dir, file)} written; "stanch check --explain-config" shows what is in force\n`);
}

/** The schema of an installation in the repository itself, else the published package's. */
function schemaAddress(dir: string): string {
  const own = "node_modules/stanch/docs/formats/stanch-yaml.schema.json";
  return existsSync(join(dir, own))
    ? own
    : `https://unpkg.com/stanch@${toolVersion()}/docs/formats/stanch-yaml.schema.json`;
}

/** Frameworks whose handlers the tables know, by the paths of their modules. */
const knownHandlers: readonly [RegExp, string][] = [
  [/^github\.com\/gin-gonic\/gin$/, "gin"],
  [/^github\.com\/labstack\/echo/, "echo"],
  [/^github\.com\/gofiber\/fiber/, "fiber"],
  [/^github\.com\/go-chi\/chi/, "chi"],
  [/^github\.com\/gorilla\/mux$/, "gorilla/mux"],
  [/^github\.com\/valyala\/fasthttp$/, "fasthttp"],
  [/^github\.com\/cloudwego\/hertz$/, "Hertz"],
  [/^github\.com\/kataras\/iris/, "iris"],
  [/^github\.com\/emicklei\/go-restful/, "go-restful"],
  [/^connectrpc\.com\/connect$/, "Connect"],
  [/^google\.golang\.org\/grpc$/, "gRPC"],
  [/^github\.com\/nats-io\/nats\.go$/, "NATS"],
  [/^github\.com\/rabbitmq\/amqp091-go$/, "AMQP"],
  [/^github\.com\/(?:IBM|Shopify)\/sarama$/, "sarama"],
  [/^github\.com\/(?:segmentio\/kafka-go|twmb\/franz-go|confluentinc\/confluent-kafka-go)/, "Kafka"],
  [/^github\.com\/eclipse\/paho\.mqtt\.golang$/, "MQTT"],
  [/^cloud\.google\.com\/go\/pubsub/, "Pub/Sub"],
  [/^github\.com\/ThreeDotsLabs\/watermill$/, "watermill"],
  [/^github\.com\/hibiken\/asynq$/, "asynq"],
  [/^github\.com\/riverqueue\/river$/, "river"],
  [/^sigs\.k8s\.io\/controller-runtime$/, "controller-runtime"],
];

/** What is suggested is commented out: nothing is in force that nobody has read. Generated folders are said, not excluded: they are left out anyway. */
export function initialConfig(s: Survey, schema: string): string {
  const out: string[] = [`# yaml-language-server: $schema=${schema}`];
  const module = s.modules.length === 0 ? "this folder" : s.modules.join(", ");
  out.push(
    `# What Stanch knows of ${module}${s.goVersion === "" ? "" : ` (go ${s.goVersion})`}: ${counted(s.packages, "package")}, ${counted(s.files, "file")}.`,
    "# All of it is optional. `stanch check --explain-config` shows what is in force and why.",
    "",
    "# Resources of this code base: who calls an acquiring function has to release what it gets, on every path.",
    "# Functions whose bodies hand on a file, a response, rows … are seen through and need no entry.",
  );
  if (s.acquirers.length > 0) {
    out.push("# These look like it: take the # away where the caller has to let go.", "#resources:");
    for (const group of byType(s)) {
      out.push(
        `#  - name: ${words(group.type)}`,
        `#    acquire: [${group.funcs.map(quoted).join(", ")}]`,
        `#    release: ${group.release}`,
      );
    }
  } else {
    const path = s.modules[0] ?? "example.com/app";
    out.push(
      "#resources:",
      "#  - name: lease",
      `#    acquire: [${path}/lock.Acquire]`,
      `#    release: [Release, ${quoted(`(*${path}/lock.Pool).Put`)}] # methods of it, or functions that take it back`,
      "#    lifetime: call # shared: made once and kept; making one for every request is the leak",
    );
  }
  const path = s.modules[0] ?? "example.com/app";
  out.push(
    "",
    "# Functions that release or keep what they are given.",
    `#takes-ownership: [${quoted(`(*${path}/queue.Queue).Add`)}]`,
    "",
    "# Functions that do not return to their caller.",
    `#never-returns: [${path}/log.Fatal]`,
    "",
  );
  const known = knownHandlers.filter(([r]) => s.requires.some((p) => r.test(p))).map(([, name]) => name);
  out.push(
    `# Functions that run again and again. ${["net/http", ...known].join(", ")}: known already${known.length === 0 ? "" : ", found in go.mod"}.`,
  );
  const handlers = s.handlers.length > 0 ? s.handlers : [{ func: `(*${path}/jobs.Worker).Run`, runs: "for every job" }];
  out.push("#handlers:", ...handlers.map((h) => `#  - { func: ${quoted(h.func)}, runs: ${h.runs} }`), "");
  out.push(
    "# Levels: off, note, warning, error; everywhere or by path. `stanch explain` lists the rules.",
    "#rules:",
    "#  http-body-undrained: off",
    '#  defer-in-loop: { level: warning, paths: { "cmd/**": off } }',
    "",
  );
  const notes = [
    ...(s.vendored ? ["vendor"] : []),
    ...s.generated.slice(0, 5),
    ...(s.generated.length > 5 ? [`${s.generated.length - 5} more generated folders`] : []),
  ];
  out.push(
    "# Files and folders in which nothing is reported. Generated files and vendor folders are left out without this.",
    ...(notes.length > 0 ? [`# (Here: ${notes.join(", ")}.)`] : []),
    '#exclude: [third_party, "**/*_gen.go"]',
    "",
    "# Processes, by name, for stanch diagnose, snap and watch. ${NAME} is taken from the environment.",
    "#targets:",
    "#  api:",
    "#    url: http://localhost:6060",
    "#    labels: { team: me }",
  );
  return `${out.join("\n")}\n`;
}

function byType(s: Survey): { type: string; release: string; funcs: string[] }[] {
  const groups = new Map<string, { type: string; release: string; funcs: string[] }>();
  for (const { func, type, release } of s.acquirers) {
    const group = groups.get(`${type} ${release}`) ?? { type, release, funcs: [] };
    group.funcs.push(func);
    groups.set(`${type} ${release}`, group);
  }
  return [...groups.values()];
}

/** `PooledConn` → `pooled conn`. */
function words(type: string): string {
  return type.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
}

/** Names that begin with a parenthesis and a star are better quoted: a star begins an alias in YAML. */
function quoted(name: string): string {
  return name.startsWith("(") ? `"${name}"` : name;
}
