package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/secantdev/secant"
)

// segmentTypes are the content types by which Segment's clients tell the
// versions of its Public API apart. The shapes are the same here.
var segmentTypes = []string{
	"application/vnd.segment.v1+json",
	"application/vnd.segment.v1beta+json",
	"application/vnd.segment.v1alpha+json",
}

// jsonType picks the reply's content type: Segment's when the client asks for
// one of them by name before plain JSON, else plain JSON.
func jsonType(accept string) string {
	for part := range strings.SplitSeq(accept, ",") {
		media, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		media = strings.ToLower(strings.TrimSpace(media))
		if media == "application/json" {
			break
		}
		for _, t := range segmentTypes {
			if media == t {
				return t
			}
		}
	}
	return "application/json"
}

// isMedia reports whether a Content-Type header names one of types.
func isMedia(header string, types ...string) bool {
	media, _, err := mime.ParseMediaType(header)
	if err != nil {
		return false
	}
	for _, t := range types {
		if media == t {
			return true
		}
	}
	return false
}

// body reads the request's body, of at most limit bytes and one of the given
// content types. An empty body needs no type. Insisting on the type also keeps
// other sites' forms out, which cannot send it without asking first.
func (c *call) body(limit int64, types ...string) ([]byte, error) {
	b, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, limit))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, fail(errTooLarge, "The body is larger than %d bytes. Send less at once.", limit)
		}
		return nil, fail(errBadRequest, "The body could not be read to its end. Send it again.")
	}
	if len(b) > 0 && !isMedia(c.r.Header.Get("Content-Type"), types...) {
		return nil, fail(errMediaType, "The body's Content-Type is %q. Send %s.",
			c.r.Header.Get("Content-Type"), strings.Join(types[:1], " or "))
	}
	return b, nil
}

// decode reads a JSON object into dst. An unknown field is an error that names
// it; an absent body is an empty object.
func (c *call) decode(dst any, limit int64) error {
	b, err := c.body(limit, append([]string{"application/json"}, segmentTypes...)...)
	if err != nil {
		return err
	}
	if b = bytes.TrimSpace(b); len(b) == 0 {
		return nil
	}
	if b[0] != '{' {
		return fail(errBadRequest, "The body must be a JSON object.")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(dst); err != nil {
		return decodeError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fail(errBadRequest, "The body has something behind the JSON object. Send one object.")
	}
	return nil
}

func decodeError(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); {
	case errors.As(err, &syntax):
		return fail(errBadRequest, "The body is not JSON: %s at byte %d.", syntax.Error(), syntax.Offset)
	case errors.As(err, &kind):
		return secant.Invalid(kind.Field, kind.Value, "must be "+jsonName(kind.Type.Kind().String()))
	case unknown:
		name = strings.Trim(name, `"`)
		return &failure{kind: errBadRequest, field: name,
			message: "There is no field " + name + " here. Remove it, or check its spelling; /api/openapi.json lists the fields."}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fail(errBadRequest, "The body is not JSON: it ends too early.")
	default: // a type's own UnmarshalJSON
		return fail(errBadRequest, "The body is not right: %v.", err)
	}
}

// jsonName says for people what JSON a Go kind is decoded from.
func jsonName(kind string) string {
	switch kind {
	case "string":
		return "text"
	case "bool":
		return "true or false"
	case "slice":
		return "a list"
	case "map", "struct":
		return "an object"
	default:
		return "a whole number"
	}
}
