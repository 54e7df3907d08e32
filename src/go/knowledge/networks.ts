/**
 * Functions that take the name of a network, and where: what they give for a network that is known is of one type, and so are its addresses.
 * https://pkg.go.dev/net#Listen, #Dial and #ListenPacket; net/tcpsock.go, net/udpsock.go and net/unixsock.go say which.
 */
export const networkArgument: ReadonlyMap<string, { readonly index: number; readonly gives: "Conn" | "Listener" }> =
  new Map([
    ["net.Listen", { index: 0, gives: "Listener" }],
    ["(*net.ListenConfig).Listen", { index: 1, gives: "Listener" }],
    ["net.Dial", { index: 0, gives: "Conn" }],
    ["net.DialTimeout", { index: 0, gives: "Conn" }],
    ["(*net.Dialer).Dial", { index: 0, gives: "Conn" }],
    ["(*net.Dialer).DialContext", { index: 1, gives: "Conn" }],
    ["net.ListenPacket", { index: 0, gives: "Conn" }],
    ["(*net.ListenConfig).ListenPacket", { index: 1, gives: "Conn" }],
  ]);

/** Names of networks → the beginning of their types' names: TCPListener, TCPConn, TCPAddr. */
export const networkTypes: ReadonlyMap<string, string> = new Map([
  ["tcp", "TCP"],
  ["tcp4", "TCP"],
  ["tcp6", "TCP"],
  ["udp", "UDP"],
  ["udp4", "UDP"],
  ["udp6", "UDP"],
  ["unix", "Unix"],
  ["unixgram", "Unix"],
  ["unixpacket", "Unix"],
]);
