package egress

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Redacted stands where a secret was.
const Redacted = "••••"

// secretWords make a header or parameter name look like that of a secret. The
// name is compared in lower case without - and _.
var secretWords = []string{
	"authorization", "cookie", "secret", "token", "password", "passwd", "apikey", "accesskey", "privatekey",
	"credential", "session",
}

// SecretName reports whether a header, parameter or setting called name usually
// holds a secret. A signature is none: it is made from the body and a secret
// and gives neither away.
func SecretName(name string) bool {
	n := strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
	switch n {
	case "auth", "code", "pwd", "pass", "sig", "sas":
		return true
	}
	for _, w := range secretWords {
		if strings.Contains(n, w) {
			return true
		}
	}
	return strings.HasSuffix(n, "key") || strings.HasSuffix(n, "auth")
}

// redactor hides secrets in what is shown to people.
type redactor struct {
	values  *strings.Replacer
	headers []string // names whose values are secret
}

func newRedactor(secrets, headers []string) redactor {
	var pairs []string
	for _, s := range secrets {
		if len(s) < 4 {
			continue
		}
		pairs = append(pairs, s, Redacted)
		if q := url.QueryEscape(s); q != s {
			pairs = append(pairs, q, Redacted)
		}
	}
	return redactor{strings.NewReplacer(pairs...), headers}
}

func (r redactor) text(s string) string { return r.values.Replace(s) }

func (r redactor) url(u *url.URL) string {
	shown := *u
	if u.User != nil {
		shown.User = nil
	}
	if u.RawQuery != "" {
		shown.RawQuery = redactQuery(u.RawQuery)
	}
	s := shown.String()
	if u.User != nil {
		s = strings.Replace(s, "://", "://"+Redacted+"@", 1)
	}
	return r.text(s)
}

// redactQuery keeps the order and spelling of the parameters, which a detour
// through url.Values would change.
func redactQuery(raw string) string {
	parts := strings.Split(raw, "&")
	for i, p := range parts {
		name, _, ok := strings.Cut(p, "=")
		plain, err := url.QueryUnescape(name)
		if ok && (err != nil || SecretName(plain)) {
			parts[i] = name + "=" + Redacted
		}
	}
	return strings.Join(parts, "&")
}

func (r redactor) header(h http.Header) map[string][]string {
	shown := make(map[string][]string, len(h))
	for name, values := range h {
		list := make([]string, len(values))
		for i, v := range values {
			list[i] = r.headerValue(name, v)
		}
		shown[name] = list
	}
	return shown
}

// headerValue hides the values of secret headers as a whole, whatever they are;
// of Authorization the scheme is left, which is what people get wrong.
func (r redactor) headerValue(name, value string) string {
	declared := slices.ContainsFunc(r.headers, func(h string) bool { return strings.EqualFold(h, name) })
	if !declared && !SecretName(name) {
		return r.text(value)
	}
	if scheme, _, ok := strings.Cut(value, " "); ok && name == "Authorization" && isScheme(scheme) {
		return scheme + " " + Redacted
	}
	return Redacted
}

// isScheme reports whether s is how an Authorization header may begin; anything
// else there may be part of a secret.
func isScheme(s string) bool {
	switch strings.ToLower(s) {
	case "basic", "bearer", "digest", "token", "apikey", "key", "aws4-hmac-sha256":
		return true
	}
	return false
}

func (r redactor) body(b []byte) (shown string, truncated bool) {
	b, truncated = cut(b)
	return r.text(strings.ToValidUTF8(string(b), "\uFFFD")), truncated
}
