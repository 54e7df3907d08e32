// Package skel is the shape of github.com/containernetworking/cni/pkg/skel, written by hand.
package skel

type CmdArgs struct {
	ContainerID string
	Netns       string
	IfName      string
	Args        string
	Path        string
	StdinData   []byte
}
