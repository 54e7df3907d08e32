// Package fsnotify is the shape of github.com/fsnotify/fsnotify, written by hand.
package fsnotify

type Event struct{ Name string }

type Watcher struct {
	Events chan Event
	Errors chan error
}

func NewWatcher() (*Watcher, error)
func (w *Watcher) Add(path string) error
func (w *Watcher) Close() error
