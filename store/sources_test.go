package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/secantdev/secant"
)

func TestCreateSource(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()

	t.Run("generates id and write key", func(t *testing.T) {
		src := must(s.CreateSource(ctx, owner, secant.Source{Name: "Größe & Co. Shop", Type: "javascript"}))(t)
		if src.ID != "gr-e-co-shop" || len(src.WriteKeys) != 1 || len(src.WriteKeys[0]) != 32 || src.Version != 1 || src.CreatedAt.IsZero() {
			t.Errorf("got %+v", src)
		}
		again := must(s.CreateSource(ctx, owner, secant.Source{Name: "Größe & Co. Shop", Type: "javascript"}))(t)
		if again.ID != "gr-e-co-shop-2" {
			t.Errorf("second id is %q", again.ID)
		}
		if other := must(s.CreateSource(ctx, owner, secant.Source{Name: "店", Type: "server"}))(t); other.ID != "source" {
			t.Errorf("id without letters is %q", other.ID)
		}
		if got := s.Workspace().SourceByWriteKey(src.WriteKeys[0]); got == nil || got.ID != src.ID {
			t.Errorf("the workspace has %+v for the key", got)
		}
	})
	t.Run("ErrConflict for a taken id", func(t *testing.T) {
		must(s.CreateSource(ctx, owner, secant.Source{ID: "a", Name: "A", Type: "server"}))(t)
		_, err := s.CreateSource(ctx, owner, secant.Source{ID: "a", Name: "A", Type: "server"})
		wantErr(t, err, secant.ErrConflict)
	})
	t.Run("ErrConflict for a taken write key", func(t *testing.T) {
		must(s.CreateSource(ctx, owner, secant.Source{ID: "k1", Name: "K", Type: "server", WriteKeys: []string{"wk_taken"}}))(t)
		_, err := s.CreateSource(ctx, owner, secant.Source{ID: "k2", Name: "K", Type: "server", WriteKeys: []string{"wk_taken"}})
		wantErr(t, err, secant.ErrConflict)
		if !strings.Contains(err.Error(), `"k1"`) {
			t.Errorf("the error does not name the owner of the key: %v", err)
		}
		if _, err := s.Source(ctx, "k2"); err == nil {
			t.Error("the refused source is there")
		}
	})
	t.Run("ErrInvalid for a bad type", func(t *testing.T) {
		_, err := s.CreateSource(ctx, owner, secant.Source{Name: "A", Type: "fax"})
		wantErr(t, err, secant.ErrInvalid)
	})
}

func TestUpdateSource(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	src, _ := shop(t, s)
	name, limit := "Shop", 100

	changed := must(s.UpdateSource(ctx, editor, src.ID, SourcePatch{Name: &name, RateLimit: &limit, Version: 1}))(t)
	if changed.Name != name || changed.RateLimit != limit || changed.Version != 2 || !changed.Enabled {
		t.Errorf("got %+v", changed)
	}
	if _, err := s.UpdateSource(ctx, editor, src.ID, SourcePatch{Name: &name, Version: 1}); err == nil {
		t.Error("a stale version was accepted")
	} else {
		wantErr(t, err, secant.ErrConflict)
	}
	same := must(s.UpdateSource(ctx, editor, src.ID, SourcePatch{Name: &name}))(t)
	if same.Version != 2 {
		t.Errorf("a patch that changes nothing made version %d", same.Version)
	}
	_, err := s.UpdateSource(ctx, editor, "nobody", SourcePatch{})
	wantErr(t, err, secant.ErrNotFound)

	entries := must(s.ListAudit(ctx, AuditFilter{Target: src.ID, Action: "source.updated"}, Page{}))(t)
	if len(entries.Items) != 1 || entries.Items[0].Actor != editor {
		t.Fatalf("audit has %+v", entries.Items)
	}
	want := map[string]any{"changes": []any{
		map[string]any{"field": "name", "from": "Shop (web)", "to": "Shop"},
		map[string]any{"field": "rateLimit", "from": 0.0, "to": 100.0},
	}}
	if diff := cmp.Diff(want, entries.Items[0].Detail); diff != "" {
		t.Error(diff)
	}
}

func TestWriteKeys(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	src, _ := shop(t, s)

	more := must(s.AddWriteKey(ctx, owner, src.ID, ""))(t)
	if len(more.WriteKeys) != 2 || more.WriteKeys[0] != "wk_shop" {
		t.Fatalf("got keys %v", more.WriteKeys)
	}
	_, err := s.AddWriteKey(ctx, owner, src.ID, "wk_shop")
	wantErr(t, err, secant.ErrInvalid)
	_, err = s.AddWriteKey(ctx, owner, src.ID, "no good")
	wantErr(t, err, secant.ErrInvalid)
	less := must(s.RemoveWriteKey(ctx, owner, src.ID, "wk_shop"))(t)
	if !slices.Equal(less.WriteKeys, more.WriteKeys[1:]) || s.Workspace().SourceByWriteKey("wk_shop") != nil {
		t.Errorf("got keys %v", less.WriteKeys)
	}
	_, err = s.RemoveWriteKey(ctx, owner, src.ID, "wk_shop")
	wantErr(t, err, secant.ErrNotFound)

	// What a caller does with its copy must not reach the workspace.
	less.WriteKeys[0] = "mine"
	if got := must(s.Source(ctx, src.ID))(t); got.WriteKeys[0] == "mine" {
		t.Error("a returned source shares its keys with the workspace")
	}
}

func TestDeleteSource(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	src, dst := shop(t, s)

	wantErr(t, s.DeleteSource(ctx, owner, src.ID, 7), secant.ErrConflict)
	check(t, s.DeleteSource(ctx, owner, src.ID, src.Version))
	_, err := s.Destination(ctx, dst.ID)
	wantErr(t, err, secant.ErrNotFound)
	wantErr(t, s.DeleteSource(ctx, owner, src.ID, 0), secant.ErrNotFound)
	entries := must(s.ListAudit(ctx, AuditFilter{}, Page{Limit: 2}))(t)
	if got := []string{entries.Items[0].Action, entries.Items[1].Action}; !slices.Equal(got, []string{"source.deleted", "destination.deleted"}) {
		t.Errorf("audit ends with %v", got)
	}
	shop(t, s) // id and key are free again
}

func TestListSourcesByPage(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	for i := range 25 {
		must(s.CreateSource(ctx, owner, secant.Source{ID: fmt.Sprintf("s%02d", i), Name: "S", Type: "server"}))(t)
	}
	var ids []string
	p := Page{Limit: 10}
	for {
		l := must(s.ListSources(ctx, p))(t)
		if l.Total != 25 {
			t.Fatalf("total is %d", l.Total)
		}
		for _, src := range l.Items {
			ids = append(ids, src.ID)
		}
		if p.Cursor = l.Next; p.Cursor == "" {
			break
		}
		// What goes away between two pages must not shift the rest.
		check(t, s.DeleteSource(ctx, owner, l.Items[0].ID, 0))
		must(s.CreateSource(ctx, owner, secant.Source{ID: l.Items[0].ID, Name: "S", Type: "server"}))(t)
	}
	if len(ids) != 25 || !slices.IsSorted(ids) {
		t.Errorf("pages gave %v", ids)
	}
	_, err := s.ListSources(ctx, Page{Cursor: "bogus!"})
	wantErr(t, err, secant.ErrInvalid)
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	changed, cancel := s.Subscribe()
	shop(t, s)
	<-changed
	select {
	case <-changed:
		t.Error("two notices wait for one reader")
	default:
	}
	name := "Shop (web)"
	must(s.UpdateSource(ctx, owner, "shop-web", SourcePatch{Name: &name}))(t)
	select {
	case <-changed:
		t.Error("a patch that changed nothing was announced")
	default:
	}
	cancel()
	cancel()
	if _, ok := <-changed; ok {
		t.Error("the channel is open after cancel")
	}
	other, _ := s.Subscribe()
	check(t, s.Close())
	if _, ok := <-other; ok {
		t.Error("the channel is open after Close")
	}
}
