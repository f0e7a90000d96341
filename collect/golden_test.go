package collect_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// recordsMark separates a request from what is collected from it.
const recordsMark = "-- records --\n"

var newUUID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// TestGolden sends what the official SDKs send and compares the records byte
// for byte. Each file holds a request and what is collected from it.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			request, want, _ := bytes.Cut(text, []byte(recordsMark))
			_, request, _ = bytes.Cut(request, []byte("-- request --\n"))
			b := start(t)
			replay(t, b, request)
			var got bytes.Buffer
			for _, r := range b.log.take() {
				if !json.Valid(r.JSON) {
					t.Errorf("not JSON: %s", r.JSON)
				}
				line := string(r.JSON)
				if newUUID.MatchString(string(r.MessageID)) {
					line = strings.Replace(line, string(r.MessageID), "(new)", 1)
				}
				got.WriteString(line + "\n")
				if r.Reason != "" {
					got.WriteString("reason: " + string(r.Reason) + "\n")
				}
			}
			if *update {
				text = append(text[:len(text)-len(want)], got.Bytes()...)
				if err := os.WriteFile(file, text, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("collected\n%swant\n%s", got.Bytes(), want)
			}
		})
	}
}

// replay sends the request that text describes.
func replay(t *testing.T, b *bench, text []byte) {
	t.Helper()
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	method, path, _ := strings.Cut(string(line), " ")
	in := bufio.NewReader(bytes.NewReader(rest))
	var headers []string
	for {
		h, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if h = strings.TrimSpace(h); h == "" {
			break
		}
		headers = append(headers, h)
	}
	body, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	body = bytes.TrimSuffix(body, []byte("\n"))
	var sent io.Reader = bytes.NewReader(body)
	req, err := http.NewRequest(method, b.URL+path, sent)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		switch name {
		case "Transfer-Encoding":
			req.ContentLength = -1
		case "Content-Encoding":
			req.Body = io.NopCloser(bytes.NewReader(zipped(body)))
			fallthrough
		default:
			req.Header.Set(name, value)
		}
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "")
	}
	resp, err := b.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 200 || method == "POST" && string(answer) != success {
		t.Fatalf("answer %d %s", resp.StatusCode, answer)
	}
}

func zipped(b []byte) []byte {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	_, _ = z.Write(b)
	_ = z.Close()
	return buf.Bytes()
}
