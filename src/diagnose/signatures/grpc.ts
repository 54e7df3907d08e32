/** gRPC, both ends of it. */
import { backendPorts } from "../ports.ts";
import type { Signature } from "./signature.ts";

export const grpc: readonly Signature[] = [
  {
    id: "grpc-client-connections",
    anyFrame: ["google.golang.org/grpc/internal/transport.(*http2Client).reader"],
    role: "resident",
    upTo: 16,
    title: "gRPC client connections",
    meaning:
      "One per connection of a ClientConn. One shared ClientConn per server is enough: more mean grpc.NewClient per call without Close.",
    next: [
      "share one ClientConn, or close each",
      "set an idle timeout on the client and MaxConnectionAge on the server",
    ],
    rule: "grpc-conn-per-call",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "grpc-client-writers",
    anyFrame: [
      "google.golang.org/grpc/internal/transport.(*loopyWriter).run",
      "google.golang.org/grpc/internal/transport.(*controlBuffer).get",
      "google.golang.org/grpc/internal/transport.(*http2Client).keepalive",
      "google.golang.org/grpc/internal/transport.(*http2Server).keepalive",
    ],
    role: "companion",
    title: "writers of gRPC connections",
    meaning: "One per connection.",
    next: [],
    rule: null,
  },
  {
    id: "grpc-client-conns",
    anyFrame: [
      "google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run",
      "google.golang.org/grpc.(*ccBalancerWrapper).watcher",
      "google.golang.org/grpc.(*ccResolverWrapper).watcher",
    ],
    role: "resident",
    upTo: 32,
    title: "gRPC clients (ClientConn)",
    meaning: "A few per ClientConn; many mean that clients are made per call and never closed.",
    next: ["share one ClientConn, or close each"],
    rule: "grpc-conn-unclosed",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "grpc-client-streams",
    anyFrame: ["google.golang.org/grpc.newClientStreamWithParams.func", "google.golang.org/grpc.newClientStream.func"],
    role: "pile",
    title: "gRPC client streams that are still open",
    meaning: "One per stream that was neither read to its end nor cancelled.",
    next: ["read until io.EOF or an error, or cancel the stream's context"],
    rule: "grpc-stream-unfinished",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "grpc-server-connections",
    anyFrame: ["google.golang.org/grpc/internal/transport.(*http2Server).HandleStreams"],
    role: "resident",
    upTo: 2000,
    title: "gRPC connections from clients",
    meaning:
      "Connections that clients hold to this server. Many from one client mean that it makes a channel per call.",
    next: ["set keepalive.ServerParameters{MaxConnectionIdle, MaxConnectionAge} on the server"],
    rule: null,
    connections: { direction: "in" },
  },
];
