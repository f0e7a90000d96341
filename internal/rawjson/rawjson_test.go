package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseValidity(t *testing.T) {
	t.Parallel()
	valid := []string{
		`{}`, `[]`, `""`, `0`, `-0`, `-1.5e+10`, `1E5`, `true`, `false`, `null`, " \t\r\n{} \n",
		`{"a":1,"b":[1,2,{"c":null}],"d":"\u00e9\n\"\\\/"}`, `[[],{},[{}]]`, `"\ud83d\ude00"`, `"\ud800"`,
		`{"":""}`, `"` + strings.Repeat("x", 100) + `"`, `"` + strings.Repeat("é", 50) + `"`, `{ "a" : [ 1 , 2 ] }`,
	}
	for _, s := range valid {
		var d Doc
		if err := d.Parse([]byte(s)); err != nil {
			t.Errorf("Parse(%s): %v", s, err)
		}
	}
	invalid := map[string]int{
		``: 0, ` `: 1, `{`: 1, `}`: 0, `[`: 1, `{]`: 1, `[}`: 1, `{"a"}`: 4, `{"a":}`: 5, `{"a":1,}`: 7, `{,}`: 1,
		`[1,]`: 3, `[,1]`: 1, `[1 2]`: 3, `01`: 1, `1.`: 0, `.5`: 0, `+1`: 0, `1e`: 0, `-`: 0, `tru`: 0, `nul`: 0,
		`truee`: 4, `"`: 1, `"a`: 2, `"\x"`: 1, `"\u12g4"`: 1, "\"\x00\"": 1, "\"a\nb\"": 2, `{} {}`: 3, `{a:1}`: 1,
		`{'a':1}`: 1, `{"a":1 "b":2}`: 7, "\ufeff{}": 0, `NaN`: 0, `{"a":1]`: 6, `[1}`: 2, `{"a" 1}`: 5,
		`{"` + strings.Repeat("x", 20) + "\x01\":1}": 22,
	}
	for s, offset := range invalid {
		var d Doc
		err := d.Parse([]byte(s))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("Parse(%q): %v, want a syntax error", s, err)
		} else if syntax.Offset != offset {
			t.Errorf("Parse(%q): %v, want byte %d", s, err, offset)
		}
		if len(d.Nodes) != 0 {
			t.Errorf("Parse(%q) failed and left nodes", s)
		}
	}
}

func TestParseDepth(t *testing.T) {
	t.Parallel()
	for _, shape := range [][2]string{{"[", "]"}, {`{"a":`, "}"}} {
		nested := func(n int) []byte {
			return []byte(strings.Repeat(shape[0], n) + "1" + strings.Repeat(shape[1], n))
		}
		var d Doc
		if err := d.Parse(nested(MaxDepth)); err != nil {
			t.Errorf("%d levels: %v", MaxDepth, err)
		}
		if err := d.Parse(nested(MaxDepth + 1)); !errors.Is(err, ErrDepth) {
			t.Errorf("%d levels: %v, want ErrDepth", MaxDepth+1, err)
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	many := func(extra string) string {
		var b strings.Builder
		for i := range 200 {
			b.WriteString(`"k` + strings.Repeat("y", i%7) + string(rune('a'+i%26)) + strings.Repeat("z", i/26) + `":1,`)
		}
		return "{" + b.String() + extra + "}"
	}
	tests := map[string]struct {
		in   string
		want Flags
	}{
		"none":                 {`{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}`, 0},
		"repeated":             {`{"a":1,"b":2,"a":3}`, Repeated},
		"repeated inside":      {`{"x":[{"y":{"a":1,"a":3}}]}`, Repeated},
		"repeated among many":  {many(`"kyb":2`), Repeated},
		"none among many":      {many(`"other":2`), 0},
		"escaped key":          {`{"\u0061":1}`, Repeated},
		"proto":                {`{"a":{"__proto__":{}}}`, Proto},
		"broken UTF-8":         {"{\"a\":\"\xff\"}", BadUTF8},
		"lines":                {"{\n\"a\":1}", Lines},
		"spaces are one line":  {`{ "a" : 1 }`, 0},
		"line break in string": {`{"a":"\n"}`, 0},
		"below the tape":       {`[[[[[[[[[[[[{"a":1,"a":2}]]]]]]]]]]]]`, Repeated},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d Doc
			if err := d.Parse([]byte(test.in)); err != nil {
				t.Fatal(err)
			}
			if d.Flags != test.want {
				t.Errorf("flags %b, want %b", d.Flags, test.want)
			}
		})
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	var d Doc
	if err := d.Parse([]byte(`{"a":{"b":[1,2],"c":"x\"y"},"d":{},"e":null}`)); err != nil {
		t.Fatal(err)
	}
	c := d.Path(0, "a", "c")
	if got := string(d.Text(c)); got != `x\"y` || !d.Nodes[c].Escaped {
		t.Errorf("a.c is %q", got)
	}
	if got := string(d.Raw(d.Path(0, "a", "b"))); got != "[1,2]" {
		t.Errorf("a.b is %q", got)
	}
	if n := d.Nodes[d.Path(0, "a", "b")]; n.Kind != Array || n.Count != 2 {
		t.Errorf("a.b is %+v", n)
	}
	for _, path := range [][]string{{"x"}, {"a", "x"}, {"e", "x"}, {"d", "x"}, {"a", "b", "x"}} {
		if i := d.Path(0, path...); i != 0 {
			t.Errorf("%v found at %d", path, i)
		}
	}
	if d.Nodes[0].Count != 3 || !d.Noted(0) {
		t.Errorf("root is %+v", d.Nodes[0])
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"last wins at the first place": {`{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		"at any depth":                 {`[[[[[[[[[[{"a":{"x":1},"a":[{"b":1,"b":2}]}]]]]]]]]]]`, `[[[[[[[[[[{"a":[{"b":2}]}]]]]]]]]]]`},
		"by meaning, not by bytes":     {`{"a":1,"\u0061":2}`, `{"a":2}`},
		"proto goes":                   {`{"__proto__":{"x":1},"a":{"\u005f_proto__":1,"b":2}}`, `{"a":{"b":2}}`},
		"proto in strings stays":       {`{"a":"__proto__"}`, `{"a":"__proto__"}`},
		"broken UTF-8":                 {"{\"a\xff\":\"b\xc3\",\"a\xfe\":1}", `{"a` + "\ufffd" + `":1}`},
		"escapes in values stay":       {`{"a":"\u0061\n"}`, `{"a":"\u0061\n"}`},
		"one line":                     {"{\n\t\"a\" : [ 1 ,\r\n2 ] }", `{"a":[1,2]}`},
		"keys that need escapes":       {`{"a\"\\\n\u0001":1}`, `{"a\"\\\n\u0001":1}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Clean(nil, []byte(test.in))
			if err != nil || string(got) != test.want {
				t.Errorf("got %s, %v; want %s", got, err, test.want)
			}
		})
	}
	if _, err := Clean(nil, []byte(`{`)); err == nil {
		t.Error("Clean took what is not JSON")
	}
}

func TestAppendString(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", "q\"b\\", "\x00\n\r\t\x1f", "é😀", "\xff\xc3", "</script>", "\u2028"} {
		var back string
		quoted := AppendString(nil, s)
		if err := json.Unmarshal(quoted, &back); err != nil || back != strings.ToValidUTF8(s, "") && back != replaced(s) {
			t.Errorf("AppendString(%q) = %s, read back %q, %v", s, quoted, back, err)
		}
		if !bytes.Equal(quoted, AppendString(nil, []byte(s))) {
			t.Errorf("AppendString(%q) differs for bytes", s)
		}
	}
}

func replaced(s string) string { return string([]rune(s)) }

// sample is an event as analytics.js sends it.
const sample = `{"timestamp":"2026-08-01T10:00:00.000Z","integrations":{},"userId":null,"anonymousId":"9ad7f5d4-6d9b-4a3e-9c4b-3f6d0b6f8a10","event":"Order Completed","type":"track","properties":{"orderId":"50314b8e9bcf000000000000","revenue":19.99,"currency":"EUR","coupon":"SUMMER","products":[{"product_id":"507f1f77bcf86cd799439011","sku":"45790-32","name":"Monopoly: 3rd Edition","price":19,"quantity":1,"category":"Games"}]},"context":{"page":{"path":"/checkout/thanks","referrer":"https://shop.example/checkout","search":"","title":"Thank you – Shop","url":"https://shop.example/checkout/thanks"},"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36","locale":"en-US","timezone":"Europe/Paris","library":{"name":"analytics.js","version":"next-1.84.1"}},"messageId":"ajs-next-1785578400000-9ad7f5d4-6d9b-4a3e-9c4b-3f6d0b6f8a10","writeKey":"WK_0123456789","sentAt":"2026-08-01T10:00:00.010Z","_metadata":{"bundled":["Segment.io"],"unbundled":[],"bundledIds":[]}}`

func TestParseDoesNotAllocate(t *testing.T) {
	b := []byte(sample)
	var d Doc
	if err := d.Parse(b); err != nil || d.Flags != 0 {
		t.Fatal(err, d.Flags)
	}
	if n := testing.AllocsPerRun(100, func() { _ = d.Parse(b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{sample, `{"a":1,"a":[2]}`, `{"__proto__":1}`, `[1,2.5e-7,"\ud800\udc00",null]`, "{\"\\u0061\":\"\xff\"}", " \n[ ]", strings.Repeat("[", 101)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Doc
		err := d.Parse(b)
		if errors.Is(err, ErrDepth) {
			return
		}
		if valid := json.Valid(b); (err == nil) != valid {
			t.Fatalf("Parse says %v, encoding/json valid=%v", err, valid)
		}
		if err != nil {
			return
		}
		clean, err := Clean(nil, b)
		if err != nil {
			t.Fatal(err)
		}
		var again Doc
		if err := again.Parse(clean); err != nil || again.Flags&^Repeated != 0 || !utf8.Valid(clean) {
			t.Fatalf("cleaned to %s: %v, flags %b", clean, err, again.Flags)
		}
		if d.Flags&^Lines == 0 {
			// Nothing but white space changed.
			var want bytes.Buffer
			if err := json.Compact(&want, b); err != nil || !bytes.Equal(want.Bytes(), clean) {
				t.Fatalf("cleaned to %s, want %s", clean, want.Bytes())
			}
		}
		var was, is any
		if json.Unmarshal(b, &was) != nil {
			return // a number that float64 cannot hold
		}
		if err := json.Unmarshal(clean, &is); err != nil {
			t.Fatal(err)
		}
		if was = withoutProto(was); !reflect.DeepEqual(was, is) {
			t.Fatalf("meant %v, cleaned to %v", was, is)
		}
	})
}

func withoutProto(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "__proto__")
		for _, member := range v {
			withoutProto(member)
		}
	case []any:
		for _, element := range v {
			withoutProto(element)
		}
	}
	return v
}

func FuzzString(f *testing.F) {
	f.Add("plain")
	f.Add("\"\\\x00é\xff")
	f.Fuzz(func(t *testing.T, s string) {
		quoted := AppendString(nil, s)
		var back string
		if err := json.Unmarshal(quoted, &back); err != nil || back != replaced(s) {
			t.Fatalf("%q became %s, read back %q, %v", s, quoted, back, err)
		}
		if got := string(AppendUnescaped(nil, quoted[1:len(quoted)-1])); got != replaced(s) {
			t.Fatalf("%q became %s, unescaped %q", s, quoted, got)
		}
		if json.Valid([]byte(`"` + s + `"`)) {
			if err := json.Unmarshal([]byte(`"`+s+`"`), &back); err != nil {
				t.Fatal(err)
			}
			if got := string(AppendUnescaped(nil, []byte(s))); got != back {
				t.Fatalf("%q unescaped to %q, want %q", s, got, back)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	doc := []byte(sample)
	b.Run("rawjson", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		var d Doc
		for b.Loop() {
			if err := d.Parse(doc); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding_json.Valid", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			if !json.Valid(doc) {
				b.Fatal("invalid")
			}
		}
	})
	b.Run("encoding_json.Unmarshal", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			var v map[string]json.RawMessage
			if err := json.Unmarshal(doc, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
