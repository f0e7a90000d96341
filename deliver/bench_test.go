//go:build unix

package deliver_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// cheapSink accepts HTTP requests with as little work as possible, so that a
// benchmark measures the sender.
func cheapSink(b *testing.B) (address string, count *atomic.Int64) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	count = new(atomic.Int64)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r := bufio.NewReaderSize(conn, 16<<10)
				for {
					length := 0
					for {
						line, err := r.ReadSlice('\n')
						if err != nil {
							return
						}
						if len(line) <= 2 {
							break
						}
						if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
							for _, c := range bytes.TrimSpace(v) {
								length = length*10 + int(c-'0')
							}
						}
					}
					if _, err := r.Discard(length); err != nil {
						return
					}
					count.Add(1)
					if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String(), count
}

// BenchmarkWebhook delivers b.N events from a real log to one local sink, all
// bookkeeping included.
func BenchmarkWebhook(b *testing.B) {
	r := newRig(b)
	address, count := cheapSink(b)
	r.hook("hook", map[string]any{"url": address})
	r.start()
	r.running("hook")
	r.stop()
	r.send(200, b.N/200+1)
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	r.start()
	want := int64(200 * (b.N/200 + 1))
	for count.Load() < want {
		time.Sleep(time.Millisecond)
	}
	b.StopTimer()
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
		b.Fatal(err)
	}
	cpu := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	b.ReportMetric(float64(want)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(want)/cpu.Seconds(), "events/cpu-s")
}
