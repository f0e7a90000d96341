package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// TestGoldenRequests sends what the official SDKs send, byte for byte over a
// bare connection, to the started server, and compares what a webhook receives.
// The files are the collector's own; it compares its records with them.
func TestGoldenRequests(t *testing.T) {
	t.Parallel()
	root, err := testkit.Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "collect/testdata/golden/*.txtar"))
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d golden files (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, text, _ = bytes.Cut(text, []byte("-- request --\n"))
			request, records, _ := bytes.Cut(text, []byte("-- records --\n"))
			want := slices.DeleteFunc(events(t, records), elsewhere)
			sink := testkit.NewSink(t)
			var config strings.Builder
			config.WriteString("sources:\n")
			for _, s := range goldenSources {
				fmt.Fprintf(&config, "  - {id: %s, name: S, type: %s, writeKeys: [%s]}\n", s.id, s.kind, s.key)
			}
			config.WriteString("destinations:\n")
			for _, s := range goldenSources {
				fmt.Fprintf(&config, "  - {id: %s-hook, source: %s, type: webhook, enabled: true, settings: {url: %q}}\n", s.id, s.id, sink.URL("/hook"))
			}
			server := testkit.Start(t, testkit.Options{Config: config.String()})
			status, kind, body := sendRaw(t, server.Addr, request)
			if strings.HasPrefix(string(request), "GET") {
				if status != http.StatusOK || kind != "image/gif" || !strings.HasPrefix(body, "GIF89a") {
					t.Errorf("answer %d %s %q, want a picture", status, kind, body)
				}
			} else if status != http.StatusOK || kind != "application/json" || body != `{"success":true}` {
				t.Errorf("answer %d %s %q", status, kind, body)
			}
			testkit.WaitFor(t, 20*time.Second, "the events", func() (bool, string) {
				return sink.Requests() >= len(want), fmt.Sprint(sink.Requests())
			})
			var got []map[string]any
			for _, d := range sink.Deliveries() {
				got = append(got, events(t, d.Body)...)
			}
			compareGolden(t, got, want)
		})
	}
}

// elsewhere reports whether an event asks not to be sent to the webhook.
func elsewhere(event map[string]any) bool {
	integrations, _ := event["integrations"].(map[string]any)
	return integrations["All"] == false
}

// goldenSources are those that the golden files' write keys belong to.
var goldenSources = []struct{ id, kind, key string }{
	{"web", "javascript", "wk_web"}, {"server", "server", "wk_server"}, {"app", "ios", "wk_app"},
}

// compareGolden compares events in any order: different visitors' events may
// overtake each other. Times that depend on the moment, and ids that are made
// up, only have to be there.
func compareGolden(t *testing.T, got, want []map[string]any) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d events arrived, want %d", len(got), len(want))
	}
	for _, w := range want {
		found := false
		for _, g := range got {
			if w["messageId"] != "(new)" && g["messageId"] != w["messageId"] {
				continue
			}
			found = true
			for _, field := range []string{"receivedAt", "timestamp", "originalTimestamp"} {
				made := field != "originalTimestamp" || w[field] == w["receivedAt"]
				if _, err := time.Parse("2006-01-02T15:04:05.000Z", fmt.Sprint(g[field])); err != nil {
					t.Errorf("%s: %v", field, err)
				}
				if made {
					g[field] = w[field]
				}
			}
			g["messageId"] = w["messageId"]
			if !reflect.DeepEqual(g, w) {
				t.Errorf("arrived\n%v\nwant\n%v", g, w)
			}
			break
		}
		if !found {
			t.Errorf("%v did not arrive", w["messageId"])
		}
	}
}

// events decodes JSON objects that stand behind each other.
func events(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var list []map[string]any
	for dec := json.NewDecoder(bytes.NewReader(text)); dec.More(); {
		var e map[string]any
		if err := dec.Decode(&e); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		list = append(list, e)
	}
	return list
}

// sendRaw writes the request a golden file describes: its lines as they are,
// the framing that its headers ask for, and the body as it is or zipped.
func sendRaw(t *testing.T, addr string, text []byte) (status int, kind, body string) {
	t.Helper()
	head, payload, _ := bytes.Cut(text, []byte("\n\n"))
	payload = bytes.TrimSuffix(payload, []byte("\n"))
	line, headers, _ := strings.Cut(string(head), "\n")
	if strings.Contains(headers, "Content-Encoding: gzip") {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		w.Write(payload)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		payload = z.Bytes()
	}
	var wire bytes.Buffer
	fmt.Fprintf(&wire, "%s HTTP/1.1\r\nHost: %s\r\n", line, addr)
	for h := range strings.Lines(headers) {
		fmt.Fprintf(&wire, "%s\r\n", strings.TrimSpace(h))
	}
	switch {
	case strings.HasPrefix(line, "GET"):
		wire.WriteString("\r\n")
	case strings.Contains(headers, "Transfer-Encoding: chunked"):
		wire.WriteString("\r\n")
		half := len(payload) / 2
		fmt.Fprintf(&wire, "%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", half, payload[:half], len(payload)-half, payload[half:])
	default:
		fmt.Fprintf(&wire, "Content-Length: %d\r\n\r\n%s", len(payload), payload)
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(wire.Bytes()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), answer.String()
}
