package eventlog

import (
	"container/list"
	"sync"
)

// cacheBytes bounds the decoded chunks kept for other readers: enough for the
// destinations that follow the log closely to share the work of decoding.
const cacheBytes = 16 << 20

type cacheKey struct {
	partition int
	seq       uint64
}

// cached is a chunk's payload and what it decodes to. Nobody changes either.
type cached struct {
	key     cacheKey
	payload []byte
	raw     []byte
}

// cache keeps the chunks used last.
type cache struct {
	mu    sync.Mutex
	byKey map[cacheKey]*list.Element
	used  list.List // of *cached, last used first
	bytes int
}

func newCache() *cache { return &cache{byKey: map[cacheKey]*list.Element{}} }

func (c *cache) get(k cacheKey) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	el := c.byKey[k]
	if el == nil {
		return nil
	}
	c.used.MoveToFront(el)
	return el.Value.(*cached)
}

func (c *cache) put(n *cached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[n.key] != nil { // two readers decoded it at the same time
		return
	}
	c.byKey[n.key] = c.used.PushFront(n)
	c.bytes += n.size()
	for c.bytes > cacheBytes {
		last := c.used.Remove(c.used.Back()).(*cached)
		delete(c.byKey, last.key)
		c.bytes -= last.size()
	}
}

// size counts the bookkeeping too, since chunks can be tiny.
func (n *cached) size() int { return cap(n.payload) + cap(n.raw) + 256 }
