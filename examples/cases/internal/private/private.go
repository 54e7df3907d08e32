// Package private starts a PostgreSQL or a Redis of the example's own: on a free loopback port, with its data in a temporary folder,
// stopped and removed when the example ends.
package private

import (
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"example.com/stanch-examples/internal/serve"
)

// Postgres returns the URL of a database: $DATABASE_URL, or that of a server started here.
func Postgres() string {
	if url := os.Getenv("DATABASE_URL"); url != "" || serve.Helper() {
		return url
	}
	initdb, postgres := tool("initdb", "postgresql", "DATABASE_URL"), tool("postgres", "postgresql", "DATABASE_URL")
	dir, port, owner := folder("postgres"), freePort(), unprivileged()
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			fail(err)
		}
	}
	data := filepath.Join(dir, "data")
	make := exec.Command(initdb, "--no-sync", "--auth=trust", "--username=postgres", "--locale=C", "--encoding=UTF8", data)
	make.Dir = dir
	make.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	if out, err := make.CombinedOutput(); err != nil {
		fail(fmt.Errorf("initdb: %w\n%s", err, out))
	}
	run(owner, dir, postgres, "-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-k", dir, "-c", "fsync=off", "-c", "shared_buffers=16MB")
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	await(address, filepath.Join(dir, "log"))
	return "postgres://postgres@" + address + "/postgres?sslmode=disable"
}

// Redis returns the address of a server: $REDIS_ADDR, or that of one started here.
func Redis() string {
	if address := os.Getenv("REDIS_ADDR"); address != "" || serve.Helper() {
		return address
	}
	server := tool("redis-server", "redis-server", "REDIS_ADDR")
	dir, port := folder("redis"), freePort()
	run(nil, dir, server, "--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir, "--save", "", "--appendonly", "no")
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	await(address, filepath.Join(dir, "log"))
	return address
}

// tool finds a program on the PATH or where Debian keeps PostgreSQL's.
func tool(name, pkg, variable string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		fail(fmt.Errorf("%s is not here: install %s (apt-get install %s), or say in %s where a server is", name, pkg, pkg, variable))
	}
	return found[len(found)-1]
}

func folder(name string) string {
	dir, err := os.MkdirTemp("", "stanch-example-"+name+"-")
	if err != nil {
		fail(err)
	}
	stopping.Do(stopOnSignal)
	folders = append(folders, dir)
	return dir
}

// freePort is free now; that nobody takes it in the next moment is likely enough for an example.
func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// unprivileged is who runs PostgreSQL when we are root, for that refuses to run as root; nil where we are not.
func unprivileged() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	fail(errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody"))
	return nil
}

func run(owner *syscall.Credential, dir, name string, args ...string) {
	out, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		fail(err)
	}
	defer out.Close()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = attributes(owner)
	if err := cmd.Start(); err != nil {
		fail(err)
	}
	servers = append(servers, cmd)
}

func await(address, logFile string) {
	for range 200 {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	said, err := os.ReadFile(logFile)
	if err != nil {
		said = []byte(err.Error())
	}
	fail(fmt.Errorf("nothing answers at %s:\n%s", address, said))
}

var (
	stopping sync.Once
	folders  []string
	servers  []*exec.Cmd
)

// stop ends what was started and removes its folders.
func stop() {
	for _, cmd := range servers {
		// SIGINT is a fast shutdown to PostgreSQL and a normal one to Redis.
		if err := cmd.Process.Signal(os.Interrupt); err == nil {
			cmd.Wait()
		}
	}
	for _, dir := range folders {
		os.RemoveAll(dir)
	}
}

func fail(err error) {
	stop()
	log.Fatal(err)
}

func stopOnSignal() {
	serve.AtEnd(stop)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		serve.Exit(0)
	}()
}
