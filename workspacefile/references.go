package workspacefile

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/secantdev/secant"
)

// Resolver says what references stand for. A nil function refuses its kind of
// reference.
type Resolver struct {
	// Env returns the value of an environment variable, and false when it is
	// not set.
	Env func(name string) (string, bool)
	// File returns the content of a file.
	File func(path string) (string, error)
	// Secret returns the stored secret with this id, and false when there is
	// none.
	Secret func(id string) (any, bool)
}

// maxSecretFile is how large a file may be that ${file:PATH} names.
const maxSecretFile = 64 << 10

// Local resolves references to this process's environment and to files, whose
// paths are relative to dir. Only documents that the operator wrote may be read
// with it.
func Local(dir string) Resolver {
	return Resolver{
		Env: os.LookupEnv,
		File: func(path string) (string, error) {
			if !filepath.IsAbs(path) {
				path = filepath.Join(dir, path)
			}
			f, err := os.Open(path)
			if err != nil {
				return "", err
			}
			defer f.Close() // only read
			content, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
			if err == nil && len(content) > maxSecretFile {
				err = fmt.Errorf("%s is larger than %d bytes", path, maxSecretFile)
			}
			// Editors end files with a line break; a secret has none.
			return strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r"), err
		},
	}
}

// Stored adds to r the secrets of a workspace.
func (r Resolver) Stored(w *secant.Workspace, schema Schema) Resolver {
	r.Secret = func(id string) (any, bool) {
		parts := strings.SplitN(id, ".", 4)
		if len(parts) < 3 || parts[0] != "destinations" {
			return nil, false
		}
		d := w.Destinations[parts[1]]
		if d == nil || !schema.secret(d.Type)(parts[2]) {
			return nil, false
		}
		v, ok := d.Settings[parts[2]]
		if len(parts) == 4 {
			m, _ := v.(map[string]any)
			name, err := url.PathUnescape(parts[3])
			if err != nil {
				return nil, false
			}
			v, ok = m[name]
		}
		return v, ok
	}
	return r
}

// reference matches ${kind:what}, with a second $ in front when it is meant
// literally.
var reference = regexp.MustCompile(`\$?\$\{(env|file|secret):([^}]*)\}`)

// escape writes s so that it reads as s, whatever looks like a reference in it.
func escape(s string) string {
	return reference.ReplaceAllStringFunc(s, func(m string) string { return "$" + m })
}

// resolve replaces the references to the environment and to files in every
// text of the document. Those to secrets are left for resolveSecrets, which
// knows where they are allowed.
func (r *reading) resolve(n *node, path string) {
	for i, item := range n.items {
		r.resolve(item, fmt.Sprintf("%s[%d]", path, i))
	}
	for _, f := range n.fields {
		r.resolve(f.value, join(path, f.key))
	}
	if n.kind != text || !strings.Contains(n.text, "${") {
		return
	}
	if whole := reference.FindStringSubmatch(n.text); whole != nil && whole[0] == n.text && whole[1] == "secret" && !strings.HasPrefix(n.text, "$$") {
		n.kind, n.any = opaque, unresolved(whole[2])
		return
	}
	n.text = reference.ReplaceAllStringFunc(n.text, func(m string) string {
		if strings.HasPrefix(m, "$$") {
			return m[1:]
		}
		parts := reference.FindStringSubmatch(m)
		value, err := r.resolver.lookUp(parts[1], parts[2])
		if err != nil {
			n.referred = true
			r.wrong(n, path, err.Error())
			return ""
		}
		n.referred = true
		return value
	})
}

// unresolved is the id of a secret whose reference is not replaced yet.
type unresolved string

// resolveSecrets replaces references to stored secrets in a setting.
func (r *reading) resolveSecrets(n *node, path string, allowed bool) {
	for i, item := range n.items {
		r.resolveSecrets(item, fmt.Sprintf("%s[%d]", path, i), allowed)
	}
	for _, f := range n.fields {
		r.resolveSecrets(f.value, join(path, f.key), allowed)
	}
	id, ok := n.any.(unresolved)
	if !ok {
		return
	}
	n.referred = true
	if !allowed {
		r.wrong(n, path, "is no secret, so it cannot take the value of one; write the value itself")
		return
	}
	if r.resolver.Secret == nil {
		n.any = nil // checked where the secrets are
		return
	}
	value, ok := r.resolver.Secret(string(id))
	if !ok {
		r.wrong(n, path, fmt.Sprintf("there is no secret %s here; write the secret itself, or refer to it as ${env:NAME} or ${file:PATH}", id))
		return
	}
	n.any = value
}

// lookUp returns what a reference to the environment or a file stands for.
func (r Resolver) lookUp(kind, what string) (string, error) {
	switch {
	case kind == "env" && r.Env != nil:
		value, ok := r.Env(what)
		if !ok {
			return "", fmt.Errorf("the environment variable %s is not set; set it, or write the value itself", what)
		}
		return value, nil
	case kind == "file" && r.File != nil:
		value, err := r.File(what)
		if err != nil {
			return "", fmt.Errorf("the file of ${file:%s} cannot be read: %w", what, err)
		}
		return value, nil
	case kind == "secret":
		return "", errors.New("${secret:ID} must be the whole value, not a part of it")
	}
	return "", fmt.Errorf("${%s:%s} cannot be resolved here; use the secant command, which resolves it where it runs", kind, what)
}

// secretReferences returns v with every text that is secret replaced by a
// reference to it: v itself, or the values of a mapping.
func secretReferences(id string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			m[key] = refer(id + "." + url.PathEscape(key)) // a } would end the reference
		}
		return m
	case nil:
		return nil
	case string:
		if v == "" {
			return "" // nothing to hide
		}
	}
	return refer(id)
}

// literal is a text that is written without escaping references in it.
type literal string

func refer(id string) literal { return literal("${secret:" + id + "}") }
