// Package keepalive: the shapes that rule pages need.
package keepalive

import "time"

type ClientParameters struct {
	Time                time.Duration
	Timeout             time.Duration
	PermitWithoutStream bool
}

type EnforcementPolicy struct {
	MinTime             time.Duration
	PermitWithoutStream bool
}
