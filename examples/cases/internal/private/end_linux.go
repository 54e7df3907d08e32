package private

import "syscall"

// attributes let the kernel stop the server when the example is killed and cannot.
func attributes(owner *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: owner, Pdeathsig: syscall.SIGINT}
}
