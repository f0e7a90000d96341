package testkit

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// Post sends body to the collector's path with a write key by Basic
// authorization ("" for none) and returns status and body of the answer; the
// error is one of the connection.
func (s *Server) Post(path, writeKey string, body []byte) (status int, header http.Header, text string, err error) {
	req, err := http.NewRequest(http.MethodPost, s.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	if writeKey != "" {
		req.SetBasicAuth(writeKey, "")
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(raw), err
}

// MustPost is Post that fails the test unless the answer is the contract's
// success.
func (s *Server) MustPost(t testing.TB, path, writeKey, body string) {
	t.Helper()
	status, _, text, err := s.Post(path, writeKey, []byte(body))
	if err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
	if status != http.StatusOK || text != `{"success":true}` {
		t.Fatalf("POST %s: %d %s, want 200 {\"success\":true}", path, status, text)
	}
}

// API calls the management API with the test's token. in is sent as JSON unless
// nil; the answer's data goes to out unless nil. It returns the status; with
// out, any status but 2xx fails the test.
func (s *Server) API(t testing.TB, method, path string, in, out any) int {
	t.Helper()
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			t.Fatalf("encode request: %v", err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, s.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+Token)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	text := readAll(resp)
	if out == nil {
		return resp.StatusCode
	}
	if resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s %s", method, path, resp.Status, text)
	}
	answer := struct{ Data any }{Data: out}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%s %s: decode answer: %v\n%s", method, path, err, text)
	}
	return resp.StatusCode
}

// Count is one row of the counters.
type Count struct {
	Source, Destination, Reason, Outcome, Type, Name string
	N                                                int64
}

// Counts returns the counters of all time, grouped as query says.
func (s *Server) Counts(t testing.TB, query string) []Count {
	t.Helper()
	var out struct{ Counts []Count }
	s.API(t, http.MethodGet, "/api/counts?"+query, nil, &out)
	return out.Counts
}

// Event is one row of the debugger.
type Event struct {
	ID, Source, Type, Name, MessageID, Reason string
	Event                                     json.RawMessage
}

// Events returns what the debugger shows, the newest first.
func (s *Server) Events(t testing.TB, query string) []Event {
	t.Helper()
	var out struct{ Events []Event }
	s.API(t, http.MethodGet, "/api/events?"+query, nil, &out)
	return out.Events
}

// Status is the part of the server's status that tests look at.
type Status struct {
	Version  string
	Pipeline struct {
		LagChunks int64 // acknowledged and not yet through the pipeline
	}
}

// Status returns what the server says of itself.
func (s *Server) Status(t testing.TB) Status {
	t.Helper()
	var out Status
	s.API(t, http.MethodGet, "/api/status", nil, &out)
	return out
}

func readAll(resp *http.Response) string {
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return string(raw) + " (" + err.Error() + ")"
	}
	return string(raw)
}
