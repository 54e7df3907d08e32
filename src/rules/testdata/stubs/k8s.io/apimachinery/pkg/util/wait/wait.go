// Package wait is the shape of k8s.io/apimachinery/pkg/util/wait, written by hand.
package wait

import "time"

func Until(f func(), period time.Duration, stopCh <-chan struct{})
