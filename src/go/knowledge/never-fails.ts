/**
 * Functions whose error is nil whatever they are given, or not nil only where the process has nothing left to stand on: of the standard library, and
 * what takes its random bytes. What they do is taken from their documentation and source; nobody leaves a function for such an error in a run that
 * anybody sees.
 */

export const neverFail: ReadonlySet<string> = new Set([
  // "Read fills b with cryptographically secure random bytes. It never returns an error", since Go 1.24; before, where the kernel gave none: https://pkg.go.dev/crypto/rand#Read
  "crypto/rand.Read",
  // Fails only where Getwd does, which is where the working directory was taken away: https://pkg.go.dev/path/filepath#Abs
  "path/filepath.Abs",
  "os.Getwd",
  // uname(2): https://pkg.go.dev/os#Hostname
  "os.Hostname",
  // Their error is that of crypto/rand: https://pkg.go.dev/github.com/google/uuid#NewRandom, https://pkg.go.dev/github.com/hashicorp/go-uuid
  "github.com/google/uuid.NewRandom",
  "github.com/google/uuid.NewV7",
  "github.com/hashicorp/go-uuid.GenerateUUID",
  "github.com/hashicorp/go-uuid.GenerateRandomBytes",
  "github.com/gofrs/uuid.NewV4",
  "github.com/satori/go.uuid.NewV4",
  // They scan into values of type any, for which there is no conversion that could fail: https://pkg.go.dev/github.com/jmoiron/sqlx#SliceScan (sqlx.go)
  ...["SliceScan", "MapScan"].flatMap((scan) => [
    `github.com/jmoiron/sqlx.${scan}`,
    `(*github.com/jmoiron/sqlx.Rows).${scan}`,
  ]),
  // "err is always nil": https://pkg.go.dev/bytes#Buffer.Write, https://pkg.go.dev/strings#Builder.Write
  "(*bytes.Buffer).Write",
  "(*bytes.Buffer).WriteString",
  "(*bytes.Buffer).WriteByte",
  "(*bytes.Buffer).WriteRune",
  "(*strings.Builder).Write",
  "(*strings.Builder).WriteString",
  "(*strings.Builder).WriteByte",
  "(*strings.Builder).WriteRune",
]);

/**
 * Methods that fail only where what they are called on is not open: right behind the function that opened it they do not. https://pkg.go.dev/go.etcd.io/bbolt#DB.Begin
 * (db.go: beginTx, beginRWTx)
 */
export const failWhenClosed: ReadonlyMap<string, string> = new Map([
  ...["go.etcd.io/bbolt", "github.com/boltdb/bolt"].map((bolt): [string, string] => [
    `(*${bolt}.DB).Begin`,
    `${bolt}.Open`,
  ]),
  // "Dial … and then initiates a TLS handshake": a second one returns at once. https://pkg.go.dev/crypto/tls#Dial
  ["(*crypto/tls.Conn).Handshake", "crypto/tls.Dial"],
]);

/**
 * Methods of open files that fail for what is no ordinary file, a pipe or a socket, and else for nothing that a program does: lseek(2), and of SFTP a number
 * that is kept and not sent (https://pkg.go.dev/github.com/pkg/sftp#File.Seek); fstat(2), which has everything at hand. And of connections, for what is no socket.
 */
export const hardlyFail: ReadonlySet<string> = new Set([
  "(*os.File).Seek",
  "(*os.File).Stat",
  "(*github.com/pkg/sftp.File).Seek",
  // setsockopt(2) of SO_RCVBUF and SO_SNDBUF, which takes any size and gives what it has: socket(7)
  "(*net.conn).SetReadBuffer",
  "(*net.conn).SetWriteBuffer",
]);

/** The same of functions that are given the name of an open file: unlink(2) of what was just made. */
export const hardlyFailByName: ReadonlySet<string> = new Set([
  "os.Remove",
  "syscall.Unlink",
  "golang.org/x/sys/unix.Unlink",
]);

/** Functions that fail only where what they read from does, by that argument: https://pkg.go.dev/crypto/rand#Int, https://pkg.go.dev/io#ReadFull */
export const failAsReader: ReadonlyMap<string, number> = new Map([
  ["io.ReadFull", 0],
  ["crypto/rand.Int", 0],
  ["crypto/rand.Prime", 0],
]);

/** Functions that fail only where what they write to does, by that argument. */
export const failAsWriter: ReadonlyMap<string, number> = new Map([
  ["fmt.Fprint", 0],
  ["fmt.Fprintf", 0],
  ["fmt.Fprintln", 0],
  ["io.WriteString", 0],
  ["runtime/pprof.WriteHeapProfile", 0],
  ["(*runtime/pprof.Profile).WriteTo", 0],
]);

/** Writers that take all that they are given. "It never returns an error": https://pkg.go.dev/hash#Hash */
export const sureWriters: ReadonlySet<string> = new Set([
  "bytes.Buffer",
  "strings.Builder",
  "hash.Hash",
  "hash.Hash32",
  "hash.Hash64",
]);

/** "If body is false": only a body can fail, and the dump goes to a buffer: net/http/httputil/dump.go. By the argument that asks for the body. */
export const failForBody: ReadonlyMap<string, number> = new Map([
  ["net/http/httputil.DumpRequest", 1],
  ["net/http/httputil.DumpResponse", 1],
]);

/** Compressors that fail for a level that there is not: https://pkg.go.dev/compress/flate#NewWriter. By the argument that is the level. */
export const failForLevel: ReadonlyMap<string, number> = new Map([
  ["compress/flate.NewWriter", 1],
  ["compress/gzip.NewWriterLevel", 1],
  ["compress/zlib.NewWriterLevel", 1],
]);

/** They fail for options alone, which come behind so many arguments: github.com/klauspost/compress v1.18.7, zstd/decoder.go, zstd/encoder.go */
export const failForOptions: ReadonlyMap<string, number> = new Map([
  ["github.com/klauspost/compress/zstd.NewReader", 1],
  ["github.com/klauspost/compress/zstd.NewWriter", 1],
]);

/** They fail for values that JSON has no form for, and for methods of the program's own: https://pkg.go.dev/encoding/json#Marshal */
export const failForValue: ReadonlySet<string> = new Set(["encoding/json.Marshal", "encoding/json.MarshalIndent"]);
