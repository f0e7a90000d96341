package api

import (
	"cmp"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/secantdev/secant/store"
)

// Sizes of a page.
const (
	defaultPage = 50
	maxPage     = 200
)

// pagination is Segment's PaginationOutput.
type pagination struct {
	Current      string `json:"current"`
	Next         string `json:"next,omitempty"`
	TotalEntries int    `json:"totalEntries"`
}

// page reads pagination[count] and pagination[cursor], in brackets or with
// dots. A count over the largest page is served as the largest page, so that
// Segment's clients, which may ask for 1000, go on working.
func (c *call) page() (store.Page, error) {
	p := store.Page{Limit: defaultPage}
	count := cmp.Or(c.query.Get("pagination[count]"), c.query.Get("pagination.count"))
	if count != "" {
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 {
			return p, badQuery("pagination[count]", count, "must be a number from 1 to 200")
		}
		p.Limit = min(n, maxPage)
	}
	cursor := cmp.Or(c.query.Get("pagination[cursor]"), c.query.Get("pagination.cursor"))
	if cursor != "" {
		inner, ok := openCursor(cursor)
		if !ok {
			return p, badQuery("pagination[cursor]", cursor, "must be a cursor from an earlier reply's pagination")
		}
		p.Cursor = inner
	}
	return p, nil
}

// pageOf answers about a part of a list that the store gave.
func pageOf[T any](p store.Page, list store.List[T]) pagination {
	out := pagination{Current: sealCursor(p.Cursor), TotalEntries: list.Total}
	if list.Next != "" {
		out.Next = sealCursor(list.Next)
	}
	return out
}

// cut returns a part of a list that is in memory.
func cut[T any](p store.Page, all []T) (store.List[T], error) {
	from := 0
	if p.Cursor != "" {
		n, err := strconv.Atoi(p.Cursor)
		if err != nil || n < 0 {
			return store.List[T]{}, badQuery("pagination[cursor]", p.Cursor, "must be a cursor from an earlier reply's pagination")
		}
		from = min(n, len(all))
	}
	to := min(from+p.Limit, len(all))
	list := store.List[T]{Items: all[from:to], Total: len(all)}
	if to < len(all) {
		list.Next = strconv.Itoa(to)
	}
	return list, nil
}

// Cursors are sealed so that nobody is tempted to make one up, and so that the
// first page, whose inner cursor is empty, has one too.

func sealCursor(inner string) string {
	return base64.RawURLEncoding.EncodeToString([]byte("at:" + inner))
}

func openCursor(s string) (inner string, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(b), "at:")
}
