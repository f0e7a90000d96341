package store

import "sync"

// watchers are those who want to know that the workspace has changed.
type watchers struct {
	mu     sync.Mutex
	closed bool
	all    map[chan struct{}]struct{}
}

func (w *watchers) add() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		close(c)
		return c, func() {}
	}
	if w.all == nil {
		w.all = map[chan struct{}]struct{}{}
	}
	w.all[c] = struct{}{}
	return c, func() { w.remove(c) }
}

func (w *watchers) remove(c chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.all[c]; ok {
		delete(w.all, c)
		close(c)
	}
}

// notify never waits: a watcher that has not taken the last notice yet will see
// this change too.
func (w *watchers) notify() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.all {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (w *watchers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for c := range w.all {
		close(c)
	}
	w.all = nil
}
