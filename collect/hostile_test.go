package collect_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	secant "github.com/secantdev/secant"
	"github.com/secantdev/secant/collect"
)

// zeros reads as n bytes of spaces.
type zeros struct{ n int64 }

func (z *zeros) Read(b []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	b = b[:min(int64(len(b)), z.n)]
	for i := range b {
		b[i] = ' '
	}
	z.n -= int64(len(b))
	return len(b), nil
}

// TestGzipBomb sends what unzips to 1 GB and measures what that costs.
func TestGzipBomb(t *testing.T) {
	// Members of a gzip file may follow each other.
	var member bytes.Buffer
	z, err := gzip.NewWriterLevel(&member, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(z, &zeros{8 << 20}); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	bomb := bytes.Repeat(member.Bytes(), 128)
	// The whole one is too large as it comes; one of 400 KB unzips to 400 MB.
	tests := map[string][]byte{"1 GB": bomb, "cut": bomb[:400_000]}
	c, err := collect.New(collect.Options{Log: &memory{}, Workspace: fixed{secant.NewWorkspace(nil, nil)}, Observer: &refusals{}})
	if err != nil {
		t.Fatal(err)
	}
	handler := serve(c)
	for name, body := range tests {
		for _, path := range []string{"/v1/batch", "/v1/track"} {
			req := httptest.NewRequest("POST", path, bytes.NewReader(body))
			req.Header.Set("Content-Encoding", "gzip")
			rec := httptest.NewRecorder()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			handler.ServeHTTP(rec, req)
			runtime.ReadMemStats(&after)
			if cost := after.TotalAlloc - before.TotalAlloc; cost > 20<<20 {
				t.Errorf("%s to %s: %d bytes allocated", name, path, cost)
			} else {
				t.Logf("%s to %s: %d bytes allocated", name, path, cost)
			}
			if rec.Code != 400 || !strings.Contains(rec.Body.String(), "payload_too_large") {
				t.Errorf("%s to %s: %d %s", name, path, rec.Code, rec.Body)
			}
		}
	}
}

// TestLargeBodiesAreAnswered has a client that sends all before it reads, as
// most do: it must get the answer, not a reset connection.
func TestLargeBodiesAreAnswered(t *testing.T) {
	t.Parallel()
	b := start(t)
	for _, chunked := range []bool{false, true} {
		req, err := http.NewRequest("POST", b.URL+"/v1/batch", io.LimitReader(&zeros{5 << 20}, 5<<20))
		if err != nil {
			t.Fatal(err)
		}
		if !chunked {
			req.ContentLength = 5 << 20
		}
		resp, err := b.Client().Do(req)
		if err != nil {
			t.Fatalf("chunked %v: %v", chunked, err)
		}
		resp.Body.Close()
		if resp.StatusCode != 400 {
			t.Errorf("chunked %v: %d", chunked, resp.StatusCode)
		}
	}
}

func TestSlowClient(t *testing.T) {
	t.Parallel()
	b := start(t, func(o *collect.Options) { o.Limits.BodyTimeout = 50 * time.Millisecond })
	conn, err := net.Dial("tcp", b.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "POST /v1/track HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn) // the connection is closed after the answer
	if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 408")) || !bytes.Contains(answer, []byte(`"code":"timeout"`)) {
		t.Errorf("%s, %v", answer, err)
	}
}

// broken is a log that panics.
type broken struct{}

func (broken) Append(context.Context, []secant.Record) error { panic("broken") }

func TestPanicsStayInside(t *testing.T) {
	t.Parallel()
	b := start(t, func(o *collect.Options) { o.Log = broken{} })
	a := b.send(t, "POST", "/v1/track", event, "Origin: https://a.example")
	if a.status != 500 || codeOf(t, a) != "internal" || a.header.Get("Access-Control-Allow-Origin") != "https://a.example" {
		t.Errorf("%d %s %v", a.status, a.body, a.header)
	}
	if strings.Contains(a.body, "broken") {
		t.Error("the answer tells what went wrong inside")
	}
}

// TestMergingIsLinear has two contexts of thousands of members in a batch.
func TestMergingIsLinear(t *testing.T) {
	t.Parallel()
	members := func(prefix string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"%s%d":1,`, prefix, i)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	item := `{"type":"identify","userId":"1","context":{` + members("a", 2500) + `}}`
	body := `{"batch":[` + strings.Repeat(item+",", 14) + item + `],"context":{` + members("b", 2500) + `}}`
	b := start(t)
	if a := b.send(t, "POST", "/v1/batch", body, basic("wk_server:")); a.status != 200 {
		t.Fatal(a.status, a.body)
	}
	recs := b.log.take()
	if len(recs) != 15 {
		t.Fatalf("%d records", len(recs))
	}
	if n := len(at(decode(t, recs[14]), "context").(map[string]any)); n != 5000 {
		t.Errorf("%d members", n)
	}
}

// FuzzBody sends any bytes to an endpoint of each kind.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		event, `{"batch":[` + event + `,{"type":"track"},1],"context":{"a":{"b":1}},"integrations":{"all":true},"sentAt":"2026-08-01T10:00:00Z"}`,
		`{"batch":[{"type":"page","anonymousId":"\u0061","context":{"page":[],"ip":null,"a":{"c":[]}},"name":"","timestamp":1785578400,"writeKey":"wk_web"}],"context":{"page":{"x":1},"a":{"b":null}},"writeKey":"wk_server"}`,
		`{"a":1,"a":{"__proto__":1},"writeKey":"wk_web"}`, "\ufeff{\"writeKey\":\"wk_web\",\"x\":\"\xff\"}", string(zipped([]byte(event))), "\x1f\x8b", `[]`, `{"batch":null}`, ``,
	} {
		f.Add([]byte(body))
	}
	log := &memory{}
	c, err := collect.New(collect.Options{
		Log: log, Observer: &refusals{}, Now: func() time.Time { return arrival },
		Workspace: fixed{secant.NewWorkspace([]*secant.Source{
			{ID: "web", Type: "javascript", WriteKeys: []string{"wk_web"}},
			{ID: "server", Type: "server", WriteKeys: []string{"wk_server"}},
		}, nil)},
	})
	if err != nil {
		f.Fatal(err)
	}
	handler := serve(c)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, path := range []string{"/v1/batch", "/v1/track", "/v1/p"} {
			log.take()
			req := httptest.NewRequest("POST", path, bytes.NewReader(body))
			req.SetBasicAuth("wk_server", "")
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, req)
			if rec.Code == 200 && rec.Body.String() != success || rec.Code != 200 && (rec.Code < 400 || rec.Code > 499 || !json.Valid(rec.Body.Bytes())) {
				t.Fatalf("%s: %d %s", path, rec.Code, rec.Body)
			}
			for _, r := range log.take() {
				checkRecord(t, r)
			}
		}
	})
}

// checkRecord checks what everything behind the log relies on.
func checkRecord(t *testing.T, r secant.Record) {
	t.Helper()
	if !json.Valid(r.JSON) || bytes.ContainsAny(r.JSON, "\n\r") {
		t.Fatalf("not one line of JSON: %q", r.JSON)
	}
	if r.Type == secant.TypeUnknown && r.Reason == "" {
		t.Fatalf("no type and no reason: %s", r.JSON)
	}
	var e map[string]json.RawMessage
	if err := json.Unmarshal(r.JSON, &e); err != nil {
		if r.Reason == "" {
			t.Fatalf("no object and no reason: %s", r.JSON)
		}
		return
	}
	if _, ok := e["writeKey"]; ok {
		t.Fatalf("the write key is kept: %s", r.JSON)
	}
	if _, ok := e["__proto__"]; ok {
		t.Fatalf("__proto__ is kept: %s", r.JSON)
	}
	if r.Type == secant.TypeUnknown {
		return
	}
	for _, key := range []string{"messageId", "type", "projectId", "receivedAt", "timestamp", "originalTimestamp"} {
		var s string
		if err := json.Unmarshal(e[key], &s); err != nil || s == "" {
			t.Fatalf("%s is %s in %s", key, e[key], r.JSON)
		}
		if key == "messageId" && string(e[key]) != `"`+string(r.MessageID)+`"` {
			t.Fatalf("messageId is %s, the record says %s", e[key], r.MessageID)
		}
	}
	dec := json.NewDecoder(bytes.NewReader(r.JSON))
	if key := repeatedKey(dec); key != "" {
		t.Fatalf("%s is there twice: %s", key, r.JSON)
	}
}

// repeatedKey returns a key that the object at the top has twice.
func repeatedKey(dec *json.Decoder) string {
	_, _ = dec.Token()
	seen := map[string]bool{}
	for dec.More() {
		key, _ := dec.Token()
		name, _ := key.(string)
		if seen[name] {
			return name
		}
		seen[name] = true
		var skip json.RawMessage
		if dec.Decode(&skip) != nil {
			return ""
		}
	}
	return ""
}
