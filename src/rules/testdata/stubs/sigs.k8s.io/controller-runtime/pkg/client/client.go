// Package client is the shape of sigs.k8s.io/controller-runtime/pkg/client, written by hand.
package client

import "context"

type ObjectKey struct{ Namespace, Name string }

type Object interface{ GetName() string }

type GetOption interface{ ApplyToGet() }

type UpdateOption interface{ ApplyToUpdate() }

type Reader interface {
	Get(ctx context.Context, key ObjectKey, obj Object, opts ...GetOption) error
}

type Writer interface {
	Update(ctx context.Context, obj Object, opts ...UpdateOption) error
}

type Client interface {
	Reader
	Writer
}
