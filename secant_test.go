package secant

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestRoleAllows(t *testing.T) {
	t.Parallel()
	// rows: who has the role; columns: what is needed, in the same order.
	roles := []Role{RoleOwner, RoleAdmin, RolePublisher, RoleEditor, RoleViewer, "", "root", "Owner"}
	for i, have := range []string{
		"yyyyy---",
		"-yyyy---",
		"--yyy---",
		"---yy---",
		"----y---",
		"--------",
		"--------",
		"--------",
	} {
		for j, need := range roles {
			if got := roles[i].Allows(need); got != (have[j] == 'y') {
				t.Errorf("%q allows what needs %q: %v", roles[i], need, got)
			}
		}
	}
	for _, r := range Roles() {
		if err := r.Validate(); err != nil {
			t.Errorf("%s: %v", r, err)
		}
	}
	if err := Role("root").Validate(); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "owner") {
		t.Errorf("an unknown role: %v", err)
	}
}

func validSource() Source {
	return Source{ID: "shop-web", Name: "Shop (web)", Type: "javascript", WriteKeys: []string{"wk_shop_web", "a.b~C-1"}, Enabled: true}
}

func TestSourceValidate(t *testing.T) {
	t.Parallel()
	s := validSource()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*Source)
		field  string
	}{
		"IDEmpty":         {func(s *Source) { s.ID = "" }, "id"},
		"IDUpperCase":     {func(s *Source) { s.ID = "Shop" }, "id"},
		"IDPath":          {func(s *Source) { s.ID = "../shop" }, "id"},
		"IDDash":          {func(s *Source) { s.ID = "-shop" }, "id"},
		"IDNewline":       {func(s *Source) { s.ID = "shop\n" }, "id"},
		"IDTooLong":       {func(s *Source) { s.ID = strings.Repeat("a", 64) }, "id"},
		"NameEmpty":       {func(s *Source) { s.Name = " \t" }, "name"},
		"NameTooLong":     {func(s *Source) { s.Name = strings.Repeat("é", 101) }, "name"},
		"TypeUnknown":     {func(s *Source) { s.Type = "cobol" }, "type"},
		"TypeEmpty":       {func(s *Source) { s.Type = "" }, "type"},
		"KeyEmpty":        {func(s *Source) { s.WriteKeys = []string{""} }, "writeKeys"},
		"KeyTooLong":      {func(s *Source) { s.WriteKeys = []string{strings.Repeat("k", 129)} }, "writeKeys"},
		"KeySpace":        {func(s *Source) { s.WriteKeys = []string{"wk shop"} }, "writeKeys"},
		"KeyScript":       {func(s *Source) { s.WriteKeys = []string{`wk"</script>`} }, "writeKeys"},
		"KeyTwice":        {func(s *Source) { s.WriteKeys = []string{"wk_a", "wk_b", "wk_a"} }, "writeKeys"},
		"RateLimitBelow0": {func(s *Source) { s.RateLimit = -1 }, "rateLimit"},
	} {
		s := validSource()
		tc.change(&s)
		err := s.Validate()
		var fe *FieldError
		if !errors.As(err, &fe) || !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v is no FieldError", name, err)
			continue
		}
		if fe.Field != tc.field || fe.Message == "" {
			t.Errorf("%s: field %q, want %q: %v", name, fe.Field, tc.field, err)
		}
	}
	for _, id := range []string{"a", "0", "a_b-c", strings.Repeat("a", 63)} {
		if err := ValidateID("id", id); err != nil {
			t.Errorf("id %q: %v", id, err)
		}
	}
}

func TestSourceKinds(t *testing.T) {
	t.Parallel()
	seen := map[SourceType]bool{}
	for _, k := range SourceKinds() {
		if seen[k.Type] || k.Name == "" || k.Description == "" || k.Category == "" {
			t.Errorf("kind %+v is incomplete or there twice", k)
		}
		seen[k.Type] = true
		if got, ok := k.Type.Kind(); !ok || got != k {
			t.Errorf("%s is not found", k.Type)
		}
		s := validSource()
		if s.Type = k.Type; s.Validate() != nil {
			t.Errorf("%s is not valid: %v", k.Type, s.Validate())
		}
	}
	if _, ok := SourceType("cobol").Kind(); ok {
		t.Error("an unknown type has a kind")
	}
}

func TestDestinationValidate(t *testing.T) {
	t.Parallel()
	valid := Destination{ID: "shop-hook", Name: "Hook", Source: "shop-web", Type: "webhook"}
	if err := valid.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*Destination){
		"id":     func(d *Destination) { d.ID = "No" },
		"name":   func(d *Destination) { d.Name = "" },
		"source": func(d *Destination) { d.Source = "" },
		"type":   func(d *Destination) { d.Type = "web hook" },
	} {
		d := valid
		change(&d)
		var fe *FieldError
		if err := d.Validate(); !errors.As(err, &fe) || fe.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestWorkspace(t *testing.T) {
	t.Parallel()
	web, app := validSource(), Source{ID: "app", WriteKeys: []string{"wk_app"}}
	w := NewWorkspace([]*Source{&web, &app}, []*Destination{{ID: "hook"}})
	for key, want := range map[string]*Source{"wk_shop_web": &web, "a.b~C-1": &web, "wk_app": &app, "WK_APP": nil, "": nil} {
		if got := w.SourceByWriteKey(key); got != want {
			t.Errorf("key %q: %v", key, got)
		}
	}
	if w.Sources["app"] != &app || w.Destinations["hook"] == nil || len(w.Sources) != 2 {
		t.Errorf("workspace %+v", w)
	}
}

func TestEventTypes(t *testing.T) {
	t.Parallel()
	for _, typ := range EventTypes() {
		if ParseEventType(typ.String()) != typ || typ.String() == "" {
			t.Errorf("%d is %q", typ, typ)
		}
	}
	if len(EventTypes()) != 6 || slices.Contains(EventTypes(), TypeUnknown) {
		t.Errorf("types %v", EventTypes())
	}
	for _, s := range []string{"", "Track", "page ", "batch"} {
		if typ := ParseEventType(s); typ != TypeUnknown {
			t.Errorf("%q is %v", s, typ)
		}
	}
	if s := EventType(200).String(); s != "" {
		t.Errorf("a type of the future is %q", s)
	}
}

func TestFieldError(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		want string
	}{
		{Invalid("settings.url", "ftp://x", "must be http or https"), `settings.url: must be http or https (got "ftp://x")`},
		{Invalid("name", "", "must not be empty"), "name: must not be empty"},
		{Invalid("", "", "is not YAML"), "is not YAML"},
	} {
		if tc.err.Error() != tc.want || !errors.Is(fmt.Errorf("apply: %w", tc.err), ErrInvalid) || errors.Is(tc.err, ErrNotFound) {
			t.Errorf("got %q, want %q", tc.err, tc.want)
		}
	}
	if s := Invalid("f", strings.Repeat("x", 1<<20), "is too long").Error(); len(s) > 200 {
		t.Errorf("a long value makes an error of %d bytes", len(s))
	}
}

// Every reason that the program can give is explained to people.
func TestReasonsExplained(t *testing.T) {
	t.Parallel()
	tree, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(tree, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") || spec.Names[0].Name == "ReasonNone" {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		n++
		if text := Reason(value).Explain(); text == value || !strings.HasSuffix(text, ".") {
			t.Errorf("%s is not explained by a sentence: %q", spec.Names[0].Name, text)
		}
		return true
	})
	if n != len(explanations) {
		t.Errorf("%d reasons and %d explanations", n, len(explanations))
	}
	if Reason("503").Explain() != "503" {
		t.Error("an HTTP status does not explain itself")
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	if s := (Position{Partition: 3, Seq: 1 << 40, Index: 7}).String(); s != "3/1099511627776/7" {
		t.Error(s)
	}
}
