package collect

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	secant "github.com/secantdev/secant"
	"github.com/secantdev/secant/internal/rawjson"
)

var (
	// gif is one transparent dot.
	gif = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

	typeGIF   = []string{"image/gif"}
	noStore   = []string{"no-store"}
	gifLength = []string{"43"}
)

// pixel serves events as the address of an image. Whatever happens, the answer
// is the image: what shows it could do nothing with an error.
type pixel struct {
	c    *Collector
	kind secant.EventType // TypeUnknown for an unknown address
}

func (h pixel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.kind != secant.TypeUnknown {
		q := singles.Get().(*request)
		body, refused := h.c.pixelBody(r, q)
		if refused == nil {
			_ = h.c.collect(r, q, body, h.kind) // counted where it arose
		} else {
			h.c.countRefused(r, q, refused)
		}
		q.release(&singles)
	}
	header := w.Header()
	header["Content-Type"] = typeGIF
	header["Cache-Control"] = noStore
	header["Content-Length"] = gifLength
	_, _ = w.Write(gif)
}

// pixelBody returns the event in the address: base64 of JSON in the parameter
// data, or a parameter for each field, with dots for what lies inside objects.
func (c *Collector) pixelBody(r *http.Request, q *request) ([]byte, *refusal) {
	if len(r.URL.RawQuery) > 2*c.limits.Event {
		return nil, tooLarge(c.limits.Event, "the event")
	}
	params, _ := url.ParseQuery(r.URL.RawQuery) // what can be read is enough
	if data, ok := params["data"]; ok {
		body, ok := decodeBase64(q.body[:0], data[0])
		if q.body = body; !ok {
			return nil, invalidJSON(&rawjson.SyntaxError{Message: "data is not base64"})
		}
		if len(body) > c.limits.Event {
			return nil, tooLarge(c.limits.Event, "the event")
		}
		return body, nil
	}
	q.body = appendDotted(q.body[:0], r.URL.RawQuery)
	if len(q.body) > c.limits.Event {
		return nil, tooLarge(c.limits.Event, "the event")
	}
	return q.body, nil
}

// decodeBase64 takes the standard and the URL alphabet, with and without
// padding, and a plus sign that became a space on its way.
func decodeBase64(dst []byte, s string) ([]byte, bool) {
	s = strings.NewReplacer(" ", "+", "-", "+", "_", "/", "\n", "", "\r", "").Replace(strings.TrimSpace(s))
	s = strings.TrimRight(s, "=")
	dst, err := base64.RawStdEncoding.AppendDecode(dst, []byte(s))
	return dst, err == nil
}

// maxDots bounds how deep parameters nest.
const maxDots = 32

// appendDotted appends the object that parameters such as
// context.page.path=%2F describe. All values are strings. Of parameters that
// contradict each other the last one holds.
func appendDotted(dst []byte, rawQuery string) []byte {
	root := &dotted{}
	for pair := range strings.SplitSeq(rawQuery, "&") {
		key, value, _ := strings.Cut(pair, "=")
		k, err := url.QueryUnescape(key)
		v, err2 := url.QueryUnescape(value)
		if err != nil || err2 != nil || k == "" {
			continue
		}
		at := root
		parts := strings.SplitN(k, ".", maxDots)
		for _, part := range parts[:len(parts)-1] {
			at = at.child(part)
		}
		*at.child(parts[len(parts)-1]) = dotted{text: v, isText: true}
	}
	return root.append(dst)
}

// dotted is a string, or an object whose members keep the order they came in.
type dotted struct {
	isText bool
	text   string
	keys   []string
	at     map[string]*dotted
}

// child returns the member with the key, new if need be; a string becomes an
// object for it.
func (o *dotted) child(key string) *dotted {
	if o.isText {
		*o = dotted{}
	}
	if c := o.at[key]; c != nil {
		return c
	}
	if o.at == nil {
		o.at = make(map[string]*dotted)
	}
	c := &dotted{}
	o.at[key] = c
	o.keys = append(o.keys, key)
	return c
}

func (o *dotted) append(dst []byte) []byte {
	if o.isText {
		return rawjson.AppendString(dst, o.text)
	}
	dst = append(dst, '{')
	for i, key := range o.keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = rawjson.AppendString(dst, key)
		dst = append(dst, ':')
		dst = o.at[key].append(dst)
	}
	return append(dst, '}')
}
