package collect

import (
	"testing"
	"time"

	"github.com/secantdev/secant/internal/rawjson"
)

func TestTimeOf(t *testing.T) {
	t.Parallel()
	at := func(s string) int64 {
		when, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return when.UnixMilli()
	}
	valid := map[string]int64{
		`"2026-08-01T10:00:00.123Z"`:            at("2026-08-01T10:00:00.123Z"), // JavaScript, Java, Swift, Kotlin
		`"2026-08-01T12:00:00.123456789+02:00"`: at("2026-08-01T10:00:00.123Z"), // Go
		`"2026-08-01T10:00:00.123456+00:00"`:    at("2026-08-01T10:00:00.123Z"), // Python
		`"2026-08-01T10:00:00+00:00"`:           at("2026-08-01T10:00:00Z"),     // Python without microseconds, PHP
		`"2026-08-01T10:00:00.2+00:00"`:         at("2026-08-01T10:00:00.2Z"),
		`"2026-08-01T12:00:00.1234567+02:00"`:   at("2026-08-01T10:00:00.123Z"), // .NET
		`"2026-08-01T04:30:00.123-05:30"`:       at("2026-08-01T10:00:00.123Z"), // Ruby
		`"2026-08-01T10:00:00Z"`:                at("2026-08-01T10:00:00Z"),
		`"2026-08-01"`:                          at("2026-08-01T00:00:00Z"),
		`"2015-2-02T00:30:12.984Z"`:             at("2015-02-02T00:30:12.984Z"), // Segment's documentation
		`"2026-8-1"`:                            at("2026-08-01T00:00:00Z"),
		`"2026-08-01 10:00:00"`:                 at("2026-08-01T10:00:00Z"),
		`"2026-08-01 10:00:00 +0200"`:           at("2026-08-01T08:00:00Z"),
		`"2026-08-01T10:00:00+02"`:              at("2026-08-01T08:00:00Z"),
		`"2026-08-01T10:00:00+0200"`:            at("2026-08-01T08:00:00Z"),
		`"2026-08-01T10:00"`:                    at("2026-08-01T10:00:00Z"),
		`"2026-08-01T10:00Z"`:                   at("2026-08-01T10:00:00Z"),
		`"2026-08-01t10:00:00z"`:                at("2026-08-01T10:00:00Z"),
		`"2026-08-01T10:00:00,5Z"`:              at("2026-08-01T10:00:00.5Z"),
		`"2024-02-29T00:00:00Z"`:                at("2024-02-29T00:00:00Z"),
		`"2026-08-01T24:00:00Z"`:                at("2026-08-02T00:00:00Z"),
		`"2016-12-31T23:59:60Z"`:                at("2017-01-01T00:00:00Z"),
		`"1969-12-31T23:59:59.999Z"`:            -1,
		`"0000-01-01T00:00:00Z"`:                minMillis,
		`"9999-12-31T23:59:59.999Z"`:            maxMillis,
		`1785578400`:                            1785578400_000,
		`1785578400.5`:                          1785578400_500,
		`1785578400123`:                         1785578400_123,
		`"1785578400123"`:                       1785578400_123,
		`0`:                                     0,
		`1.7855784e9`:                           1785578400_000,
	}
	for in, want := range valid {
		if ms, ok := timeIn(t, in); !ok || ms != want {
			t.Errorf("%s: %d, %v; want %d", in, ms, ok, want)
		}
	}
	for _, in := range []string{
		`""`, `"now"`, `"2026"`, `"2026-08"`, `"2026-13-01"`, `"2026-00-01"`, `"2026-02-29"`, `"2026-08-32"`, `"2026-08-00"`,
		`"2026-08-01T"`, `"2026-08-01T25:00:00Z"`, `"2026-08-01T24:00:01Z"`, `"2026-08-01T10:60:00Z"`, `"2026-08-01T10:00:61Z"`,
		`"2026-08-01T10:00:00.Z"`, `"2026-08-01T10:00:00+25:00"`, `"2026-08-01T10:00:00+02:0"`, `"2026-08-01T10:00:00Zx"`,
		`"2026-08-01x"`, `"26-08-01"`, `"12026-08-01"`, `"0000-01-01T00:00:00+00:01"`, `"9999-12-31T23:59:59-01:00"`,
		`1e300`, `-1e300`, `"NaN"`, `"Infinity"`, `null`, `true`, `{}`, `[]`,
	} {
		if ms, ok := timeIn(t, in); ok {
			t.Errorf("%s: %d, want none", in, ms)
		}
	}
}

func timeIn(t *testing.T, value string) (int64, bool) {
	t.Helper()
	var d rawjson.Doc
	if err := d.Parse([]byte(`{"t":` + value + `}`)); err != nil {
		t.Fatal(err)
	}
	return timeOf(&d, d.Find(0, "t"))
}

func FuzzParseTime(f *testing.F) {
	f.Add("2026-08-01T10:00:00.123456789+02:00", int64(0))
	f.Add("2015-2-02T00:30:12.984Z", int64(-1))
	f.Add("2026-08-01", int64(maxMillis))
	f.Add("", int64(minMillis))
	f.Fuzz(func(t *testing.T, s string, ms int64) {
		got, ok := parseTime([]byte(s))
		if ok && (got < minMillis || got > maxMillis) {
			t.Fatalf("%q is %d, out of range", s, got)
		}
		// Where time.Parse understands it, in the range, both agree.
		if want, err := time.Parse(time.RFC3339Nano, s); err == nil && want.UnixMilli() >= minMillis && want.UnixMilli() <= maxMillis {
			floor := want.Truncate(time.Millisecond).UnixMilli()
			if !ok || got != floor && got != want.UnixMilli() {
				t.Fatalf("%q is %d, %v; want %d", s, got, ok, floor)
			}
		}
		if ms < minMillis || ms > maxMillis {
			return
		}
		text := string(appendTime(nil, ms))
		if want := time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z"); text != want {
			t.Fatalf("%d is written %s, want %s", ms, text, want)
		}
		if back, ok := parseTime([]byte(text)); !ok || back != ms {
			t.Fatalf("%s read back as %d, %v; want %d", text, back, ok, ms)
		}
	})
}
