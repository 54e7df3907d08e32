// Package subcommands is the shape of github.com/google/subcommands, written by hand.
package subcommands

type ExitStatus int

const (
	ExitSuccess ExitStatus = iota
	ExitFailure
)
