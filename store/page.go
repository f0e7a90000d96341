package store

import (
	"cmp"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/secantdev/secant"
)

// Page asks for part of a list.
type Page struct {
	Limit  int    // how many at most; 0 means 50, the most is 1,000
	Cursor string // empty for the first page, else Next of the page before
}

// List is part of a list.
type List[T any] struct {
	Items []T
	Next  string // cursor of the next page, empty when there is none
	Total int    // how many there are in all pages
}

func (p Page) limit() int { return min(max(cmp.Or(p.Limit, 50), 1), 1000) }

// Cursors hold the sort key of the last item of a page, so that a page starts
// behind it even when items come and go. They are encoded, so that nobody is
// tempted to make one up.

func cursor(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\n")))
}

// after decodes a cursor of n parts; ok is false for the first page.
func (p Page) after(n int) (parts []string, ok bool, err error) {
	if p.Cursor == "" {
		return make([]string, n), false, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if parts = strings.Split(string(raw), "\n"); err != nil || len(parts) != n {
		return nil, false, secant.Invalid("cursor", p.Cursor, "is not a cursor of this list; start again without it")
	}
	return parts, true, nil
}

// afterNumber decodes a cursor whose first of n parts is a number.
func (p Page) afterNumber(n int) (number int64, parts []string, ok bool, err error) {
	parts, ok, err = p.after(n)
	if err != nil || !ok {
		return 0, parts, ok, err
	}
	number, err = strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return 0, nil, false, secant.Invalid("cursor", p.Cursor, "is not a cursor of this list; start again without it")
	}
	return number, parts, true, nil
}

// cut makes a List of items, of which one more than the limit was read when
// there are more.
func cut[T any](items []T, p Page, total int, key func(T) string) List[T] {
	l := List[T]{Items: items, Total: total}
	if n := p.limit(); len(items) > n {
		l.Items = items[:n:n]
		l.Next = key(items[n-1])
	}
	return l
}

// identified is what a workspace's maps hold.
type identified interface {
	*secant.Source | *secant.Destination
}

func idOf[P identified](p P) string {
	switch p := any(p).(type) {
	case *secant.Source:
		return p.ID
	case *secant.Destination:
		return p.ID
	}
	return ""
}

func sortedByID[P identified](all map[string]P) []P {
	return slices.SortedFunc(maps.Values(all), func(a, b P) int { return strings.Compare(idOf(a), idOf(b)) })
}

// pageOf lists a map of the workspace by id.
func pageOf[P identified, T any](all map[string]P, p Page, keep func(P) bool, clone func(P) T) (List[T], error) {
	parts, ok, err := p.after(1)
	if err != nil {
		return List[T]{}, err
	}
	var items []P
	total := 0
	for _, v := range sortedByID(all) {
		if !keep(v) {
			continue
		}
		total++
		if !ok || idOf(v) > parts[0] {
			items = append(items, v)
		}
	}
	part := cut(items, p, total, func(v P) string { return cursor(idOf(v)) })
	l := List[T]{Next: part.Next, Total: total, Items: make([]T, 0, len(part.Items))}
	for _, v := range part.Items {
		l.Items = append(l.Items, clone(v))
	}
	return l, nil
}
