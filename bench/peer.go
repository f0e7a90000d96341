package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
)

// runPeer is the process that bench starts beside secant: "bare" reads bodies
// and answers as the collector does, the ceiling of net/http; "sink" is the
// webhook, which counts on GET /count.
func runPeer(args []string) error {
	f := flag.NewFlagSet("peer", flag.ContinueOnError)
	listen := f.String("listen", "127.0.0.1:0", "address")
	if err := f.Parse(args); err != nil {
		return err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Fprintln(os.Stdout, l.Addr())
	var requests atomic.Int64
	answer := []byte(`{"success":true}`)
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			fmt.Fprint(w, requests.Load())
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		requests.Add(1)
		w.Header().Set("Content-Type", "application/json")
		w.Write(answer)
	}))
}
