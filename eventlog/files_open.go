package eventlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/secantdev/secant"
)

// found is a log file as it lies in the directory at start.
type found struct {
	num  uint64
	path string
	size int64
	head fileHeader
	ok   bool // head could be read
}

// load reads the directory: the files that belong to the log, what they hold,
// and the numbers to go on with.
func (e *Files) load() error {
	all, err := e.list()
	if err != nil {
		return err
	}
	for i := range all {
		if err := e.readHead(&all[i]); err != nil {
			return err
		}
		e.num = all[i].num // also of files that will not stay: no number is used twice
	}
	chain, ends, err := e.chain(all)
	if err != nil {
		return err
	}
	for i, f := range chain {
		lf, err := e.open(f, ends[i], i == len(chain)-1)
		if err != nil {
			return err
		}
		e.files = append(e.files, lf)
		copy(e.next, lf.next)
		copy(e.origin, lf.origin)
	}
	return nil
}

func (e *Files) list() ([]found, error) {
	entries, err := os.ReadDir(e.opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("read the event log's directory: %w", err)
	}
	var all []found
	for _, d := range entries {
		name, isLog := strings.CutSuffix(d.Name(), ".log")
		num, err := strconv.ParseUint(name, 10, 64)
		if !isLog || err != nil || !d.Type().IsRegular() {
			continue
		}
		info, err := d.Info()
		if err != nil {
			return nil, fmt.Errorf("read the event log's directory: %w", err)
		}
		all = append(all, found{num: num, path: filepath.Join(e.opts.Dir, d.Name()), size: info.Size()})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].num < all[j].num })
	return all, nil
}

func (e *Files) readHead(f *found) error {
	file, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("open event log file: %w", err)
	}
	defer file.Close()
	b := make([]byte, min(f.size, dataStart(MaxPartitions)))
	if err := readFull(file, b, 0); err != nil {
		return err
	}
	head, ok := parseFileHeader(b)
	if !ok || head.num != f.num {
		return nil
	}
	if head.version != formatVersion {
		return fmt.Errorf("%w: event log file %s has format %d, this program knows %d: use the version of Secant that wrote it, or a newer one",
			secant.ErrInvalid, f.path, head.version, formatVersion)
	}
	if n := len(head.start); n != e.opts.Partitions {
		return secant.Invalid("partitions", strconv.Itoa(e.opts.Partitions),
			fmt.Sprintf("the event log in %s was made with %d: set it to %d, or move the directory away to begin a new log", e.opts.Dir, n, n))
	}
	f.head, f.ok = head, true
	return nil
}

// chain returns the files that make up the log, oldest first, and where the
// chunks of each end, as the file after it says; -1 when none does. Files that
// no later one follows on were never used and are removed.
func (e *Files) chain(all []found) (chain []found, ends []int64, err error) {
	for i := len(all) - 1; i >= 0; i-- {
		f := all[i]
		if !f.ok && len(chain) == 0 && e.bare(f) { // power was lost while it was being created
			if err := e.drop(f, "it was never finished"); err != nil {
				return nil, nil, err
			}
			continue
		}
		end := int64(-1)
		if len(chain) > 0 {
			switch after := chain[len(chain)-1]; {
			case !after.ok:
			case after.head.prev == f.num:
				end = after.head.prevEnd
			case after.head.prev < f.num && e.bare(f):
				if err := e.drop(f, "it was never used"); err != nil {
					return nil, nil, err
				}
				continue
			case after.head.prev < f.num:
				e.stats.Damaged++
				e.log.Error("an event log file does not belong to this log and is left out; was it copied here?", "file", f.path)
				continue
			default:
				e.stats.Damaged++
				e.log.Error("an event log file is missing; what it held is lost",
					"missing", filePath(e.opts.Dir, after.head.prev), "between", f.path, "and", after.path)
			}
		}
		if !f.ok {
			e.stats.Damaged++
			e.log.Error("the head of an event log file is damaged; its chunks are read all the same", "file", f.path)
		}
		chain, ends = append(chain, f), append(ends, end)
	}
	for i, j := 0, len(chain)-1; i < j; i, j = i+1, j-1 {
		chain[i], chain[j] = chain[j], chain[i]
		ends[i], ends[j] = ends[j], ends[i]
	}
	return chain, ends, nil
}

// bare reports whether f is known to hold no chunk.
func (e *Files) bare(f found) bool {
	file, err := os.Open(f.path)
	if err != nil {
		return false
	}
	defer file.Close()
	r := chunkReader{src: file, file: f.num, partitions: e.opts.Partitions, pos: align, end: f.size}
	defer r.forget()
	_, _, err = r.next()
	return errors.Is(err, io.EOF)
}

func (e *Files) drop(f found, why string) error {
	e.log.Info("removed an empty event log file", "file", f.path, "bytes", f.size, "why", why)
	if err := e.storage.remove(f.path); err != nil {
		return fmt.Errorf("remove an unused event log file: %w", err)
	}
	return nil
}

// open finds out what f holds, from its footer or by reading it through. end is
// where its chunks end, -1 when unknown; newest is true for the file that may
// have been written when the process ended.
func (e *Files) open(f found, end int64, newest bool) (*logFile, error) {
	lf := &logFile{num: f.num, path: f.path, size: f.size}
	lf.sealed.Store(true)
	file, err := os.OpenFile(f.path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open event log file: %w", err)
	}
	defer file.Close()

	lf.start = append([]uint64(nil), f.head.start...)
	origin := f.head.origin
	if !f.ok {
		lf.start, origin = append([]uint64(nil), e.next...), e.origin
	}
	if c, at, ok := readFooter(file, f.num, e.opts.Partitions); ok && (end < 0 || end == at) {
		lf.contents, lf.footer = c, true
		lf.marks = nil
		lf.end.Store(at)
		return lf, nil
	}

	s := scan{e: e, f: lf, r: chunkReader{
		src: file, file: f.num, partitions: e.opts.Partitions,
		pos: min(dataStart(e.opts.Partitions), f.size), end: f.size,
	}, contents: newContents(lf.start, origin)}
	if end >= 0 {
		s.r.end = min(end, f.size)
	}
	if err := s.run(); err != nil {
		return nil, err
	}
	if newest {
		if err := e.settle(lf, file, &s); err != nil {
			return nil, err
		}
	} else {
		if s.good < s.r.end {
			s.damaged++
			e.damage(lf, s.good, s.r.end-s.good, "end of file")
		}
		s.good = s.r.end
	}
	lf.contents = s.contents
	lf.end.Store(s.good)
	if err := e.refoot(lf, file); err != nil {
		e.log.Warn("cannot write the footer of an event log file; the next start reads it through", "file", lf.path, "error", err)
	}
	return lf, nil
}

// settle makes the newest file, which was not closed in good order, one that
// will never change: what is incomplete at its end is cut off, and the last
// commit is written once more. The commits before it are known to be durable,
// because each begins only after the one before it was synced; the last one may
// lie in the page cache of a kernel that could not write it.
func (e *Files) settle(lf *logFile, file *os.File, s *scan) error {
	if torn := lf.size - s.good; torn > 0 {
		if isFooter(file, s.good, lf.size) {
			e.damage(lf, s.good, torn, "footer; it is written anew and nothing is lost")
		} else {
			e.stats.TornBytes += torn
			e.log.Warn("cut an incomplete commit off the end of the event log; it was never acknowledged",
				"file", lf.path, "offset", s.good, "bytes", torn)
		}
		if err := file.Truncate(s.good); err != nil {
			return fmt.Errorf("cut the torn end off the event log: %w", err)
		}
		lf.size = s.good
	}
	if s.good > s.commit {
		b := make([]byte, s.good-s.commit)
		if err := readFull(file, b, s.commit); err != nil {
			return err
		}
		if _, err := file.WriteAt(b, s.commit); err != nil {
			return fmt.Errorf("rewrite the last commit of the event log: %w", err)
		}
	}
	if err := syncData(file); err != nil {
		return fmt.Errorf("sync the event log: %w", err)
	}
	return nil
}

// refoot gives a file that was read through its footer, so that the next start
// need not.
func (e *Files) refoot(lf *logFile, file *os.File) error {
	end := lf.end.Load()
	b := encodeFooter(lf.num, end, &lf.contents)
	err := file.Truncate(end)
	if err == nil {
		_, err = file.WriteAt(b, end)
	}
	if err == nil {
		err = syncData(file)
	}
	if err != nil {
		lf.size = end
		return errors.Join(err, file.Truncate(end))
	}
	lf.size = end + int64(len(b))
	lf.footer, lf.marks = true, nil
	return nil
}

// isFooter reports whether what lies between end and size was a footer.
func isFooter(file *os.File, end, size int64) bool {
	b := make([]byte, headerSize)
	if size-end < 2*headerSize {
		return false
	}
	if err := readFull(file, b, size-headerSize); err == nil {
		if off, _, ok := parseEnd(b); ok && off == end {
			return true
		}
	}
	return readFull(file, b, end) == nil && binary.LittleEndian.Uint64(b) == magicFooter
}

// scan reads a file through.
type scan struct {
	e *Files
	f *logFile
	r chunkReader
	contents

	good   int64 // where the last whole chunk ends
	commit int64 // where its commit begins
}

func (s *scan) run() error {
	s.good, s.commit = s.r.pos, s.r.pos
	type bad struct {
		header     // zero when it could not be read
		at, length int64
		what       string
	}
	var suspects []bad // torn if nothing good follows, else damaged
	var buf []byte
	for {
		from := s.r.pos
		h, damaged, err := s.r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if damaged > 0 {
			suspects = append(suspects, bad{header{}, from, damaged, "no chunk header"})
		}
		buf, err = s.r.payload(&h, buf)
		if err != nil && !errors.Is(err, errDamaged) {
			return err
		}
		if err != nil {
			suspects = append(suspects, bad{h, h.off, chunkSize(h.size), fmt.Sprintf("chunk %d of partition %d", h.seq, h.partition)})
		}
		if err == nil || s.r.whole(&h) {
			for _, b := range suspects {
				s.damaged++
				s.e.damage(s.f, b.at, b.length, b.what)
				if b.seq > 0 {
					s.add(&b.header) // its number stays taken
				}
			}
			suspects = suspects[:0]
			s.add(&h)
			s.good, s.commit = h.end(), h.commit
		}
		s.r.skip(&h)
	}
}
