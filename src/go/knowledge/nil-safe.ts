/**
 * Methods that release, and that do nothing on a nil receiver but say so: `if f == nil { return ErrInvalid }`. Those of other types of the
 * standard library panic (os/file_posix.go, net/tcpsock.go, net/unixsock.go).
 */
export const nilSafe: ReadonlySet<string> = new Set([
  "(*os.File).Close",
  "(*net.TCPListener).Close",
  "(*net.UnixListener).Close",
]);
