package collect

import (
	"strconv"
	"time"

	"github.com/secantdev/secant/internal/rawjson"
)

// Times are milliseconds since 1970. Events may carry those of the years 0 to
// 9999, which is what four digits can write.
const (
	minMillis = -62_167_219_200_000 // 0000-01-01T00:00:00.000Z
	maxMillis = 253_402_300_799_999 // 9999-12-31T23:59:59.999Z
)

// timeOf reads a time that a client sent: text in one of the forms that
// parseTime takes, or a number of seconds or milliseconds since 1970.
func timeOf(d *rawjson.Doc, i int) (ms int64, ok bool) {
	if i == 0 {
		return 0, false
	}
	switch d.Nodes[i].Kind {
	case rawjson.String:
		text := d.Text(i)
		if ms, ok = parseTime(text); !ok && len(text) >= len("100000000") {
			return parseUnix(text) // not "2026", which is no number of seconds
		}
		return ms, ok
	case rawjson.Number:
		return parseUnix(d.Raw(i))
	}
	return 0, false
}

// parseUnix reads seconds or milliseconds since 1970. Numbers from 1e11 on are
// milliseconds: as seconds they would lie beyond the year 5000, as milliseconds
// after February 1973.
func parseUnix(b []byte) (ms int64, ok bool) {
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || f != f {
		return 0, false
	}
	if f < 1e11 && f > -1e11 {
		f *= 1000
	}
	if f < minMillis || f > maxMillis {
		return 0, false
	}
	return int64(f), true
}

// parseTime reads ISO 8601 as SDKs write it: a date with months and days of one
// or two digits; optionally T or a space and hours, minutes, optionally seconds
// with a fraction of any length (cut to milliseconds); optionally Z or an offset
// such as +02:00, +0200 or +02. Without an offset it is UTC.
func parseTime(b []byte) (ms int64, ok bool) {
	p := timeParser{b: b, ok: true}
	year := p.number(4, 4)
	p.expect('-')
	month := p.number(1, 2)
	p.expect('-')
	day := p.number(1, 2)
	if !p.ok || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	ms = daysSince1970(year, month, day) * 86_400_000
	if len(p.b) == 0 {
		return ms, true
	}
	if c := p.b[0]; c != 'T' && c != 't' && c != ' ' {
		return 0, false
	}
	p.b = p.b[1:]
	hour := p.number(1, 2)
	p.expect(':')
	minute := p.number(2, 2)
	var second, fraction int64
	if p.accept(':') {
		second = p.number(2, 2)
		if p.accept('.') || p.accept(',') {
			fraction = p.fraction()
		}
	}
	// 24:00 is midnight at the end of the day; a leap second counts as the next.
	if !p.ok || hour > 24 || hour == 24 && minute+second+fraction > 0 || minute > 59 || second > 60 {
		return 0, false
	}
	ms += ((hour*60+minute)*60+second)*1000 + fraction
	p.accept(' ')
	ms -= p.offset() * 60_000
	if !p.ok || len(p.b) > 0 || ms < minMillis || ms > maxMillis {
		return 0, false
	}
	return ms, true
}

type timeParser struct {
	b  []byte
	ok bool
}

func (p *timeParser) number(least, most int) int64 {
	var v int64
	n := 0
	for n < most && n < len(p.b) && '0' <= p.b[n] && p.b[n] <= '9' {
		v = v*10 + int64(p.b[n]-'0')
		n++
	}
	p.ok = p.ok && n >= least
	p.b = p.b[n:]
	return v
}

func (p *timeParser) accept(c byte) bool {
	if len(p.b) == 0 || p.b[0] != c {
		return false
	}
	p.b = p.b[1:]
	return true
}

func (p *timeParser) expect(c byte) {
	p.ok = p.accept(c) && p.ok
}

func (p *timeParser) fraction() int64 {
	v, scale := int64(0), int64(100)
	n := 0
	for n < len(p.b) && '0' <= p.b[n] && p.b[n] <= '9' {
		v += int64(p.b[n]-'0') * scale
		scale /= 10
		n++
	}
	p.ok = p.ok && n > 0
	p.b = p.b[n:]
	return v
}

// offset returns minutes east of Greenwich.
func (p *timeParser) offset() int64 {
	if len(p.b) == 0 || p.accept('Z') || p.accept('z') {
		return 0
	}
	sign := int64(1)
	if p.accept('-') {
		sign = -1
	} else {
		p.expect('+')
	}
	hours := p.number(2, 2)
	minutes := int64(0)
	if p.accept(':') || len(p.b) > 0 {
		minutes = p.number(2, 2)
	}
	p.ok = p.ok && hours < 24 && minutes < 60
	return sign * (hours*60 + minutes)
}

func daysIn(year, month int64) int64 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSince1970 counts by eras of 400 years that start in March, so that the
// leap day is the last of its year (Howard Hinnant, chrono-compatible low-level
// date algorithms).
func daysSince1970(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = -1 // year is 0 at least, so -1 after the shift
	}
	yearOfEra := year - era*400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return era*146_097 + dayOfEra - 719_468
}

// appendTime appends ms as "2006-01-02T15:04:05.000Z". ms must lie in the years
// 0 to 9999.
func appendTime(dst []byte, ms int64) []byte {
	t := time.UnixMilli(ms).UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	dst = appendDigits(dst, year, 4)
	dst = append(dst, '-')
	dst = appendDigits(dst, int(month), 2)
	dst = append(dst, '-')
	dst = appendDigits(dst, day, 2)
	dst = append(dst, 'T')
	dst = appendDigits(dst, hour, 2)
	dst = append(dst, ':')
	dst = appendDigits(dst, minute, 2)
	dst = append(dst, ':')
	dst = appendDigits(dst, second, 2)
	dst = append(dst, '.')
	dst = appendDigits(dst, t.Nanosecond()/1_000_000, 3)
	return append(dst, 'Z')
}

func appendDigits(dst []byte, v, width int) []byte {
	n := len(dst)
	dst = append(dst, "0000"[:width]...)
	for i := n + width - 1; i >= n; i-- {
		dst[i] += byte(v % 10)
		v /= 10
	}
	return dst
}
