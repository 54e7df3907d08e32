// Package credentials is the shape of cloud.google.com/go/iam/credentials/apiv1, written by hand.
package credentials

import "context"

type IamCredentialsClient struct{}

func NewIamCredentialsClient(ctx context.Context, opts ...any) (*IamCredentialsClient, error) {
	return nil, nil
}

func NewIamCredentialsRESTClient(ctx context.Context, opts ...any) (*IamCredentialsClient, error) {
	return nil, nil
}

func (c *IamCredentialsClient) Close() error { return nil }

func (c *IamCredentialsClient) SignBlob(ctx context.Context, name string) ([]byte, error) {
	return nil, nil
}
