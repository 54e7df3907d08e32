// Package metadata holds the API's shape that rule pages use, without bodies.
package metadata

import "context"

type MD map[string][]string

func FromIncomingContext(ctx context.Context) (MD, bool)

func ValueFromIncomingContext(ctx context.Context, key string) []string

func NewOutgoingContext(ctx context.Context, md MD) context.Context
