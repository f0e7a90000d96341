package collect

import (
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"

	"github.com/secantdev/secant/internal/rawjson"
)

// settings serves the document that SDKs load when they start. It names this
// server as the one to send to: mobile SDKs believe it more than the app's own
// configuration. No object in it is ever null, as Kotlin could not read it then,
// and consentSettings is left out, as an empty one stops analytics.js.
func (c *Collector) settings(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	anyPage(h)
	key := r.PathValue("writeKey")
	if c.workspace.Workspace().SourceByWriteKey(key) == nil {
		(&refusal{status: http.StatusNotFound, code: errUnknownKey.code, message: errUnknownKey.message}).write(w)
		return
	}
	origin := c.origin(r)
	if origin == nil {
		errHost.write(w)
		return
	}
	h["Content-Type"] = []string{"application/json; charset=utf-8"}
	serve(w, r, appendSettings(nil, key, origin), "public, max-age=300")
}

// appendSettings appends the document of contract with each key that the
// original has. Telemetry is off.
func appendSettings(dst []byte, key string, origin *publicURL) []byte {
	host := origin.host + "/v1"
	dst = append(dst, `{"integrations":{"Segment.io":{"apiKey":`...)
	dst = rawjson.AppendString(dst, key)
	dst = append(dst, `,"apiHost":`...)
	dst = rawjson.AppendString(dst, host)
	dst = append(dst, `,"protocol":`...)
	dst = rawjson.AppendString(dst, origin.scheme)
	dst = append(dst, `,"unbundledIntegrations":[],"addBundledMetadata":true,"maybeBundledConfigIds":{},`+
		`"versionSettings":{"version":"4.4.7","componentTypes":["browser"]},"retryQueue":true}},`+
		`"plan":{"track":{"__default":{"enabled":true,"integrations":{}}},`+
		`"identify":{"__default":{"enabled":true}},"group":{"__default":{"enabled":true}}},`+
		`"edgeFunction":{},"analyticsNextEnabled":true,"middlewareSettings":{},"enabledMiddleware":{},`+
		`"metrics":{"sampleRate":0,"host":`...)
	dst = rawjson.AppendString(dst, host)
	return append(dst, `},"legacyVideoPluginsEnabled":false,"remotePlugins":[],"autoInstrumentationSettings":{"sampleRate":0}}`...)
}

// serve answers with body, or 304 when the client has it.
func serve(w http.ResponseWriter, r *http.Request, body []byte, cache string) {
	h := w.Header()
	sum := fnv.New64a()
	_, _ = sum.Write(body)
	tag := `"` + strconv.FormatUint(sum.Sum64(), 36) + `"`
	h["Etag"] = []string{tag}
	h["Cache-Control"] = []string{cache}
	if notModified(r, tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

func notModified(r *http.Request, tag string) bool {
	for have := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if have = strings.TrimPrefix(strings.TrimSpace(have), "W/"); have == tag || have == "*" {
			return true
		}
	}
	return false
}
