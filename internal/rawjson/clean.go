package rawjson

import "unicode/utf8"

// Clean appends the meaning of the valid document b to dst, written so that the
// flags of Parse need no more attention (Repeated can still be raised, by a key
// that must be escaped):
//
//   - of a key that an object repeats, the last value holds, at the first
//     place, as JavaScript's JSON.parse does it;
//   - members with the key "__proto__" are left out, at any depth;
//   - bytes that are not UTF-8 become U+FFFD, as browsers decode them;
//   - keys are written with the escapes they need, and no others;
//   - white space between tokens is left out.
//
// It is the slow way, for the few documents that Parse gives a flag. b must
// have passed Parse; otherwise the error is Parse's.
func Clean(dst, b []byte) ([]byte, error) {
	d := Doc{tape: MaxDepth + 1}
	if err := d.Parse(b); err != nil {
		return dst, err
	}
	return d.appendClean(dst, 0), nil
}

func (d *Doc) appendClean(dst []byte, i int) []byte {
	n := &d.Nodes[i]
	switch n.Kind {
	case Object:
		return d.appendCleanObject(dst, i)
	case Array:
		dst = append(dst, '[')
		for c := i + 1; c < int(n.Next); c = int(d.Nodes[c].Next) {
			if c > i+1 {
				dst = append(dst, ',')
			}
			dst = d.appendClean(dst, c)
		}
		return append(dst, ']')
	case String:
		return appendValid(dst, d.Raw(i))
	default:
		return append(dst, d.Raw(i)...)
	}
}

func (d *Doc) appendCleanObject(dst []byte, i int) []byte {
	n := &d.Nodes[i]
	type member struct {
		key   string
		value int
	}
	members := make([]member, 0, n.Count)
	at := make(map[string]int, n.Count)
	var scratch []byte
	for c := i + 1; c < int(n.Next); c = int(d.Nodes[c].Next) {
		scratch = AppendUnescaped(scratch[:0], d.Key(c))
		if string(scratch) == "__proto__" {
			continue
		}
		if m, ok := at[string(scratch)]; ok {
			members[m].value = c
			continue
		}
		key := string(scratch)
		at[key] = len(members)
		members = append(members, member{key, c})
	}
	dst = append(dst, '{')
	for m, member := range members {
		if m > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, member.key)
		dst = append(dst, ':')
		dst = d.appendClean(dst, member.value)
	}
	return append(dst, '}')
}

// appendValid appends s with bytes that are not UTF-8 replaced.
func appendValid(dst, s []byte) []byte {
	if utf8.Valid(s) {
		return append(dst, s...)
	}
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		dst = utf8.AppendRune(dst, r)
		s = s[n:]
	}
	return dst
}
