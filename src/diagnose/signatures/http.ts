/** net/http, both ends of it. */
import { backendPorts } from "../ports.ts";
import { resident, type Signature } from "./signature.ts";

export const httpClients: readonly Signature[] = [
  {
    id: "http-body-open",
    frames: ["net/http.(*persistConn).readLoop"],
    waits: ["select"],
    role: "pile",
    title: "HTTP responses whose bodies are still open",
    meaning:
      "Each of these connections has received a response and waits for its body to be read to the end or closed. Nobody does: the connection, its two goroutines and a descriptor stay until the process ends.",
    next: [
      "find the calls to the peer below and close resp.Body on every path, the ones for errors and for status codes other than 200 too",
      "read the body to the end (io.Copy(io.Discard, …)) before closing it where the connection should be used again",
    ],
    rule: "http-body-unclosed",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "http-idle-connections",
    frames: ["net/http.(*persistConn).readLoop"],
    role: "pile",
    title: "idle HTTP client connections",
    meaning:
      "Kept-alive connections that wait for their next request. One shared client keeps two per host by default; far more to one peer mean that a Transport is made per call and dropped with its connections (a literal http.Transport has no limit and no idle timeout).",
    next: [
      "make one http.Client with one Transport and share it; set MaxIdleConnsPerHost to what the load needs and IdleConnTimeout to about 90 s",
      "an &http.Client{} without a Transport of its own is not the cause: it shares http.DefaultTransport",
    ],
    rule: "http-transport-per-call",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "http-write-loop",
    frames: ["net/http.(*persistConn).writeLoop"],
    role: "companion",
    title: "writing halves of HTTP client connections",
    meaning: "One per connection, beside its readLoop.",
    next: [],
    rule: null,
  },
  {
    id: "http-dial-waiting",
    anyFrame: ["net/http.(*Transport).getConn", "net/http.(*Transport).queueForDial"],
    waits: ["select"],
    role: "pile",
    title: "HTTP requests waiting for a connection",
    meaning:
      "MaxConnsPerHost is reached, or dialling hangs: every connection to the host is taken and none comes back.",
    next: [
      "look at the connections to the peer: if they are all held by open bodies, those are the leak",
      "give requests a deadline",
    ],
    rule: "http-request-no-deadline",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "http-awaiting-response",
    anyFrame: [
      "net/http.(*persistConn).roundTrip",
      "net/http.(*http2ClientConn).roundTrip",
      "net/http.(*http2ClientConn).RoundTrip",
    ],
    waits: ["select"],
    role: "pile",
    title: "HTTP requests waiting for a response",
    meaning: "The peer has not answered. Without a client Timeout or a context deadline they wait as long as it likes.",
    next: ["set a Timeout on the client or a deadline on the context", "look at the peer: it may be what is stuck"],
    rule: "http-request-no-deadline",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "http2-client-connections",
    anyFrame: [
      "net/http.(*http2clientConnReadLoop).run",
      "golang.org/x/net/http2.(*clientConnReadLoop).run",
      "net/http.(*http2ClientConn).readLoop",
      "golang.org/x/net/http2.(*ClientConn).readLoop",
    ],
    role: "pile",
    title: "HTTP/2 client connections",
    meaning: "One per connection; a shared client needs one per host. More mean a Transport per call.",
    next: ["share one client"],
    rule: "http-transport-per-call",
    connections: { direction: "out", notPorts: backendPorts },
  },
];

export const httpServers: readonly Signature[] = [
  {
    id: "http-background-read",
    anyFrame: ["net/http.(*connReader).backgroundRead"],
    role: "companion",
    title: "watchers of running HTTP requests",
    meaning: "One per request whose handler is running.",
    next: [],
    rule: null,
  },
  {
    id: "http-server-idle",
    entries: ["net/http.(*conn).serve"],
    waits: ["IO wait"],
    role: "resident",
    upTo: 2000,
    title: "client connections to this server",
    meaning:
      "Connections that clients keep open between requests. Their number is the clients' doing, unless the server sets no IdleTimeout.",
    next: ["set IdleTimeout and ReadHeaderTimeout on the http.Server"],
    rule: "http-server-no-timeout",
    connections: { direction: "in" },
  },
  resident(
    "net-listener",
    [
      "net.(*netFD).accept",
      "net.(*TCPListener).Accept",
      "net/http.(*Server).Serve",
      "google.golang.org/grpc.(*Server).Serve",
    ],
    16,
  ),
];

/** What no other row knows by name: to be asked after all that a handler may be waiting for. */
export const httpHandlers: readonly Signature[] = [
  {
    id: "http-handler-stuck",
    entries: ["net/http.(*conn).serve"],
    waits: [
      "chan receive",
      "chan send",
      "chan receive (nil chan)",
      "chan send (nil chan)",
      "select",
      "select (no cases)",
      "sync.Mutex.Lock",
      "sync.RWMutex.Lock",
      "sync.RWMutex.RLock",
      "sync.WaitGroup.Wait",
      "sync.Cond.Wait",
      "semacquire",
    ],
    own: true,
    role: "pile",
    title: "HTTP handlers that do not return",
    meaning:
      "Requests whose handler waits at the line below. Each holds its connection, its request and whatever the handler has opened.",
    next: ["see who is to wake this line up, and whether it can give up before", "wait on r.Context().Done() as well"],
    rule: "goroutine-recv-blocked",
    connections: { direction: "in" },
  },
];
