package workspacefile

import (
	"strings"

	"github.com/goccy/go-yaml/token"
)

// Expand replaces the references to the environment and to files in a document
// by what they stand for and leaves everything else as it is, comments and
// lines included, so that later errors name the right line. The command does
// this before it sends a document to a server, which must not read its own
// files for a client. References to stored secrets stay. A document that is no
// YAML is returned as it is: Parse describes better what is wrong with it.
// Errors are Problems.
func Expand(document []byte, resolver Resolver) ([]byte, error) {
	tokens, err := tokenize(document)
	if err != nil {
		return document, nil //nolint:nilerr // see above
	}
	r := &reading{resolver: resolver}
	var out, read strings.Builder
	for i, t := range tokens {
		read.WriteString(t.Origin)
		out.WriteString(r.expandToken(tokens, i))
	}
	if len(r.problems) > 0 {
		return nil, r.problems.inOrder()
	}
	if out.String() == read.String() {
		return document, nil
	}
	// The tokens must be all of the document but the space at its end: nothing
	// may get lost unnoticed.
	rest, ok := strings.CutPrefix(strings.TrimPrefix(string(document), byteOrderMark), read.String())
	if !ok || strings.TrimSpace(rest) != "" {
		return nil, problemAt(1, 1, "references cannot be resolved in a document of this form; write it in block style with quoted values")
	}
	return []byte(out.String() + rest), nil
}

// expandToken returns the i-th token as it is to be written.
func (r *reading) expandToken(tokens token.Tokens, i int) string {
	t := tokens[i]
	switch {
	case t.Type != token.StringType && t.Type != token.SingleQuoteType && t.Type != token.DoubleQuoteType,
		i+1 < len(tokens) && tokens[i+1].Type == token.MappingValueType: // a key
		return t.Origin
	}
	at := &node{line: t.Position.Line, column: t.Position.Column}
	changed := false
	value := reference.ReplaceAllStringFunc(t.Value, func(m string) string {
		parts := reference.FindStringSubmatch(m)
		if strings.HasPrefix(m, "$$") || parts[1] == "secret" {
			return m
		}
		found, err := r.resolver.lookUp(parts[1], parts[2])
		if err != nil {
			r.wrong(at, "", err.Error())
		}
		changed = true
		return escape(found) // what was found is a value, whatever it looks like
	})
	if !changed {
		return t.Origin
	}
	if i > 0 && (tokens[i-1].Type == token.LiteralType || tokens[i-1].Type == token.FoldedType) {
		r.wrong(at, "", "a reference cannot stand in a block of text (| or >); put the value in quotes")
	}
	core := strings.TrimSpace(t.Origin)
	lead, tail, _ := strings.Cut(t.Origin, core)
	return lead + doubleQuote(value) + tail
}
