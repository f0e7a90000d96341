package store

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/secantdev/secant"
)

func TestDestination(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	_, dst := shop(t, s)
	if dst.Name != "shop-hook" || dst.Version != 1 {
		t.Errorf("got %+v", dst)
	}

	t.Run("merges settings", func(t *testing.T) {
		got := must(s.UpdateDestination(ctx, editor, dst.ID, DestinationPatch{
			Settings: map[string]any{"url": "https://example.com/new", "retries": 3}, Version: 1}))(t)
		want := map[string]any{"url": "https://example.com/new", "retries": 3.0, "sharedSecret": "s3cret-of-the-shop"}
		if diff := cmp.Diff(want, got.Settings); diff != "" {
			t.Error(diff)
		}
		got = must(s.UpdateDestination(ctx, editor, dst.ID, DestinationPatch{Settings: map[string]any{"retries": nil}}))(t)
		if _, ok := got.Settings["retries"]; ok {
			t.Error("nil did not remove the setting")
		}
	})
	t.Run("ErrInvalid from the validator", func(t *testing.T) {
		_, err := s.UpdateDestination(ctx, editor, dst.ID, DestinationPatch{Settings: map[string]any{"url": ""}})
		wantErr(t, err, secant.ErrInvalid)
		if !strings.Contains(err.Error(), "settings.url") {
			t.Errorf("the error does not name the field: %v", err)
		}
	})
	t.Run("ErrInvalid for an unknown source", func(t *testing.T) {
		_, err := s.CreateDestination(ctx, editor, secant.Destination{Name: "X", Source: "nobody", Type: "webhook"})
		wantErr(t, err, secant.ErrInvalid)
	})
	t.Run("ErrConflict for a taken id", func(t *testing.T) {
		_, err := s.CreateDestination(ctx, editor, secant.Destination{ID: dst.ID, Source: dst.Source, Type: "webhook"})
		wantErr(t, err, secant.ErrConflict)
	})
	t.Run("listed by source", func(t *testing.T) {
		if l := must(s.ListDestinations(ctx, dst.Source, Page{}))(t); l.Total != 1 {
			t.Errorf("got %d", l.Total)
		}
		if l := must(s.ListDestinations(ctx, "other", Page{}))(t); l.Total != 0 {
			t.Errorf("got %d of another source", l.Total)
		}
	})
	t.Run("same after a restart", func(t *testing.T) {
		want := must(s.Destination(ctx, dst.ID))(t)
		check(t, s.Close())
		s = mustOpen(t, s.o)
		if diff := cmp.Diff(want, must(s.Destination(ctx, dst.ID))(t)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestSecretsStaySecret looks for a secret in every byte the store has written
// and in everything the audit trail shows.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, ctx := mustOpen(t, optionsIn(dir)), t.Context()
	_, dst := shop(t, s)
	must(s.UpdateDestination(ctx, owner, dst.ID, DestinationPatch{Settings: map[string]any{"sharedSecret": "an0ther-secret"}}))(t)
	must(s.CreateUser(ctx, owner, NewUser{Email: "bo@example.com", Password: "pass phrase of bo", Role: secant.RoleViewer}))(t)
	_, session, err := s.Login(ctx, "bo@example.com", "pass phrase of bo")
	check(t, err)
	_, token, err := s.CreateToken(ctx, owner, NewToken{Name: "ci", Role: secant.RoleEditor})
	check(t, err)
	secrets := []string{"s3cret-of-the-shop", "an0ther-secret", "pass phrase of bo", session, token}

	trail, err := json.Marshal(must(s.ListAudit(ctx, AuditFilter{}, Page{Limit: 1000}))(t).Items)
	check(t, err)
	if !bytes.Contains(trail, []byte("settings.sharedSecret")) {
		t.Error("the audit trail does not say that the secret changed")
	}
	// While the store is open the journal still has what it wrote; copying with
	// the shell would do the same. Reading through another descriptor would
	// drop SQLite's locks, so the store is closed for the second look only.
	look := func(when string) {
		err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			content := readFile(t, path)
			for _, secret := range secrets {
				if bytes.Contains(content, []byte(secret)) {
					t.Errorf("%s: %s holds the secret %q", when, path, secret)
				}
			}
			return nil
		})
		check(t, err)
	}
	for _, secret := range secrets {
		if bytes.Contains(trail, []byte(secret)) {
			t.Errorf("the audit trail holds %q", secret)
		}
	}
	look("open")
	check(t, s.Close())
	look("closed")
}

func TestManagedByFile(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	src := must(s.CreateSource(ctx, file, secant.Source{ID: "shop", Name: "Shop", Type: "server", FromFile: true}))(t)
	dst := must(s.CreateDestination(ctx, file, secant.Destination{ID: "hook", Source: "shop", Type: "webhook", FromFile: true, Settings: map[string]any{"url": "x"}}))(t)
	if !src.FromFile || !dst.FromFile {
		t.Fatal("resources of the file are not marked")
	}
	name := "Other"
	_, err := s.UpdateSource(ctx, owner, "shop", SourcePatch{Name: &name})
	wantErr(t, err, secant.ErrConflict)
	if !strings.Contains(err.Error(), "managed by the configuration file") {
		t.Errorf("the error does not say why: %v", err)
	}
	_, err = s.AddWriteKey(ctx, owner, "shop", "")
	wantErr(t, err, secant.ErrConflict)
	wantErr(t, s.DeleteSource(ctx, owner, "shop", 0), secant.ErrConflict)
	_, err = s.UpdateDestination(ctx, owner, "hook", DestinationPatch{Name: &name})
	wantErr(t, err, secant.ErrConflict)
	wantErr(t, s.DeleteDestination(ctx, owner, "hook", 0), secant.ErrConflict)
	wantErr(t, s.Apply(ctx, owner, []secant.Change{{Action: secant.ActionDelete, Kind: secant.KindDestination, ID: "hook"}}), secant.ErrConflict)

	// Others may add to it what is theirs, and the file may let go.
	must(s.CreateDestination(ctx, owner, secant.Destination{ID: "mine", Source: "shop", Type: "webhook"}))(t)
	next := src
	next.FromFile = false
	check(t, s.Apply(ctx, file, []secant.Change{{Action: secant.ActionUpdate, Kind: secant.KindSource, ID: "shop", Version: 1, Source: &next}}))
	must(s.UpdateSource(ctx, owner, "shop", SourcePatch{Name: &name}))(t)
	// Its destination is still the file's, so deleting both is refused whole.
	wantErr(t, s.DeleteSource(ctx, owner, "shop", 0), secant.ErrConflict)
	must(s.Destination(ctx, "mine"))(t)
}

func TestApply(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	source := func(id string, keys ...string) *secant.Source {
		return &secant.Source{ID: id, Name: id, Type: "server", WriteKeys: keys, Enabled: true}
	}
	hook := func(source string) *secant.Destination {
		return &secant.Destination{ID: "hook", Name: "hook", Source: source, Type: "webhook", Settings: map[string]any{"url": "x"}}
	}
	create := func(src *secant.Source) secant.Change {
		return secant.Change{Action: secant.ActionCreate, Kind: secant.KindSource, ID: src.ID, Source: src}
	}
	check(t, s.Apply(ctx, owner, []secant.Change{
		{Action: secant.ActionCreate, Kind: secant.KindDestination, ID: "hook", Destination: hook("a")}, // before its source: order is ours to find
		create(source("a", "wk_1")), create(source("b", "wk_2")),
	}))

	// Keys change places, the destination moves, its old source goes.
	check(t, s.Apply(ctx, owner, []secant.Change{
		{Action: secant.ActionDelete, Kind: secant.KindSource, ID: "a", Version: 1},
		{Action: secant.ActionUpdate, Kind: secant.KindSource, ID: "b", Version: 1, Source: source("b", "wk_1")},
		create(source("c", "wk_2")),
		{Action: secant.ActionUpdate, Kind: secant.KindDestination, ID: "hook", Version: 1, Destination: hook("c")},
	}))
	w := s.Workspace()
	if w.Sources["a"] != nil || w.SourceByWriteKey("wk_1").ID != "b" || w.SourceByWriteKey("wk_2").ID != "c" || w.Destinations["hook"].Source != "c" {
		t.Errorf("got %+v", w)
	}

	// One bad change undoes the good ones before it.
	before := s.Workspace()
	err := s.Apply(ctx, owner, []secant.Change{create(source("d")), create(source("b"))})
	wantErr(t, err, secant.ErrConflict)
	if !strings.Contains(err.Error(), `create source "b"`) {
		t.Errorf("the error does not say where: %v", err)
	}
	if s.Workspace() != before {
		t.Error("a failed plan changed the workspace")
	}
	check(t, s.Close())
	if s = mustOpen(t, s.o); s.Workspace().Sources["d"] != nil {
		t.Error("a failed plan left a row")
	}
}
