package serve

import (
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
)

// roleVariable says what a process of the binary is for: "load URL", "server-1". Unset in the one that was started by hand.
const roleVariable = "EXAMPLE_ROLE"

// Helper reports whether this process only helps the one that was started by hand.
func Helper() bool {
	return os.Getenv(roleVariable) != ""
}

// duty reports whether this process is for name, and with which argument.
func duty(name string) (argument string, mine bool) {
	role, argument, _ := strings.Cut(os.Getenv(roleVariable), " ")
	return argument, role == name
}

// start runs this binary for name. It ends when its standard input does, and that is when this process ends, however it does.
func start(name, argument string, stdout *os.File) {
	self, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		log.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+name+" "+argument)
	cmd.Stdin = r
	cmd.Stderr = os.Stderr
	if stdout != nil {
		cmd.Stdout = stdout
	}
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	r.Close()
	lifelines = append(lifelines, w)
}

// lifelines are the writing ends of the helpers' standard inputs: open as long as this process lives.
var lifelines []*os.File

func init() {
	if Helper() {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
}

// endWithParent ends this process when its standard input does, where whoever started it asks for that.
func endWithParent() {
	if os.Getenv("EXAMPLE_END_WITH_STDIN") == "" {
		return
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		Exit(0)
	}()
}
