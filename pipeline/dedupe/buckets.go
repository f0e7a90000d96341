package dedupe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/cockroachdb/pebble/v2"
)

// Keys. The first four bytes are a bucket's start in seconds since 1970, big
// endian, followed by the hash; zero there marks what describes the index.
const hashSize = 16

var (
	keySecret = []byte("\x00\x00\x00\x00secret")
	keyMark   = []byte("\x00\x00\x00\x00mark")   // + partition, 4 bytes → last chunk, 8 bytes
	keyBucket = []byte("\x00\x00\x00\x00bucket") // + start, 4 bytes → end, 4 bytes
	keysBegin = []byte("\x00\x00\x00\x00")
	keysEnd   = []byte("\x00\x00\x00\x01") // of what describes the index
)

// bucket holds the events received in [start, end), seconds since 1970. It goes
// as a whole. Buckets do not overlap; their width may differ, when the horizon
// was changed.
type bucket struct{ start, end uint32 }

// load reads what describes the index, and writes it when the index is new.
func (x *Index) load() error {
	x.marks, x.buckets = make(map[int]uint64), nil
	x.flushed, x.turned = x.now(), 0
	it, err := x.db.NewIter(&pebble.IterOptions{LowerBound: keysBegin, UpperBound: keysEnd})
	if err != nil {
		return fmt.Errorf("read index description: %w", err)
	}
	defer it.Close()
	found := false
	for ok := it.First(); ok; ok = it.Next() {
		k, v := it.Key(), it.Value()
		switch {
		case string(k) == string(keySecret) && len(v) == len(x.secret):
			copy(x.secret[:], v)
			found = true
		case after(k, keyMark, 4) && len(v) == 8:
			x.marks[int(binary.BigEndian.Uint32(k[len(keyMark):]))] = binary.BigEndian.Uint64(v)
		case after(k, keyBucket, 4) && len(v) == 4:
			x.buckets = append(x.buckets, bucket{binary.BigEndian.Uint32(k[len(keyBucket):]), binary.BigEndian.Uint32(v)})
		default:
			return fmt.Errorf("read index description: unknown entry %q", k)
		}
	}
	if err := it.Error(); err != nil {
		return fmt.Errorf("read index description: %w", err)
	}
	if found {
		return nil
	}
	if len(x.marks)+len(x.buckets) > 0 {
		return errors.New("read index description: the secret is missing")
	}
	x.secret = newSecret()
	if err := x.db.Set(keySecret, x.secret[:], pebble.NoSync); err != nil {
		return fmt.Errorf("write index secret: %w", err)
	}
	return nil
}

func after(k, prefix []byte, n int) bool {
	return len(k) == len(prefix)+n && string(k[:len(prefix)]) == string(prefix)
}

// seconds returns the time of an event as buckets count it.
func seconds(ms int64) uint32 {
	return uint32(min(max(ms/1000, 1), math.MaxUint32-1))
}

// bucketFor returns the start of the bucket for an event received at s, making
// it when it is new.
func (x *Index) bucketFor(b *pebble.Batch, s uint32) (uint32, error) {
	i := sort.Search(len(x.buckets), func(i int) bool { return x.buckets[i].end > s })
	if i < len(x.buckets) && x.buckets[i].start <= s {
		return x.buckets[i].start, nil
	}
	// Half the horizon: with narrower buckets fewer events are remembered longer
	// than they need be, but each new event is looked for in more of them.
	width := x.horizon / 2
	start := int64(s) / width * width
	end := min(start+width, math.MaxUint32)
	if i > 0 {
		start = max(start, int64(x.buckets[i-1].end))
	}
	if i < len(x.buckets) {
		end = min(end, int64(x.buckets[i].start))
	}
	nb := bucket{uint32(max(start, 1)), uint32(end)}
	key := binary.BigEndian.AppendUint32(append([]byte(nil), keyBucket...), nb.start)
	if err := b.Set(key, binary.BigEndian.AppendUint32(nil, nb.end), nil); err != nil {
		return 0, fmt.Errorf("write bucket: %w", err)
	}
	x.buckets = slices.Insert(slices.Clone(x.buckets), i, nb)
	return nb.start, nil
}

// turn drops the buckets whose last event is older than the horizon. It looks
// every minute at most.
func (x *Index) turn() error {
	now := x.now().Unix()
	if now-x.turned < 60 && now >= x.turned {
		return nil
	}
	x.turned = now
	b := x.db.NewBatch()
	defer b.Close()
	live := x.buckets[:0:0]
	for _, bk := range x.buckets {
		if int64(bk.end)+x.horizon > now {
			live = append(live, bk)
			continue
		}
		from := binary.BigEndian.AppendUint32(nil, bk.start)
		to := binary.BigEndian.AppendUint32(nil, bk.end)
		if err := b.DeleteRange(from, to, nil); err != nil {
			return fmt.Errorf("drop expired bucket: %w", err)
		}
		if err := b.Delete(binary.BigEndian.AppendUint32(append([]byte(nil), keyBucket...), bk.start), nil); err != nil {
			return fmt.Errorf("drop expired bucket: %w", err)
		}
	}
	if len(live) == len(x.buckets) {
		return nil
	}
	if err := b.Commit(pebble.NoSync); err != nil {
		return fmt.Errorf("drop expired buckets: %w", err)
	}
	x.buckets = live
	return nil
}
