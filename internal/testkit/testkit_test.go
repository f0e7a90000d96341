package testkit

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestSinkModes(t *testing.T) {
	t.Parallel()
	s := NewSink(t)
	client := &http.Client{Timeout: 300 * time.Millisecond}
	t.Cleanup(client.CloseIdleConnections)
	post := func(body string) (int, string) {
		resp, err := client.Post(s.URL("/hook"), "application/json", strings.NewReader(body))
		if err != nil {
			return 0, err.Error()
		}
		text := readAll(resp)
		return resp.StatusCode, resp.Header.Get("Retry-After") + text
	}
	for _, c := range []struct {
		mode   Mode
		status int
		text   string
	}{{OK, 200, ""}, {Fail, 500, ""}, {Refuse, 400, ""}, {Throttle, 429, "1"}, {Hang, 0, "Timeout"}, {Cut, 0, "EOF"}} {
		s.Set(c.mode)
		status, text := post(`{"messageId":"a"}`)
		if c.mode == Cut && status == 200 {
			status = 0 // the head of the answer got through, the body did not
		}
		if status != c.status || !strings.Contains(text, c.text) {
			t.Errorf("mode %d: %d %q, want %d %q", c.mode, status, text, c.status, c.text)
		}
	}
	s.Set(OK)
	s.Down()
	if status, text := post(`{"messageId":"b"}`); status != 0 || !strings.Contains(text, "refused") {
		t.Errorf("down: %d %s", status, text)
	}
	s.Up()
	post(`[{"messageId":"b"},{"messageId":"a"}]`)
	if got := s.Received(); got["a"] != 2 || got["b"] != 1 || len(got) != 2 {
		t.Errorf("received %v, want a twice and b once", got)
	}
}
