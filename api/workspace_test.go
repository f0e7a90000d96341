package api_test

import (
	"context"
	"strings"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/store"
)

// workspaceFile is a document of one line per source to have: "id name".
type lines struct{ db *store.Store }

func workspaceFile(db *store.Store) lines { return lines{db} }

func (l lines) Export(context.Context) ([]byte, error) { return []byte("sources: []\n"), nil }

func (l lines) Plan(ctx context.Context, doc []byte, prune bool) ([]secant.Change, error) {
	var out []secant.Change
	for line := range strings.Lines(string(doc)) {
		id, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		out = append(out, secant.Change{Action: secant.ActionCreate, Kind: secant.KindSource, ID: id,
			Source: &secant.Source{ID: id, Name: name, Type: "http", Enabled: true}})
	}
	return out, nil
}
