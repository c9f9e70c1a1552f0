package clearing

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// fewKeys is up to how many keys an object's keys are compared one by one.
const fewKeys = 8

// findRepeatedKey returns the index of the first key that stands twice in the
// object at index, 0 if none does.
func findRepeatedKey(text []byte, nodes []node, index int) uint32 {
	object := nodes[index]
	if object.start > 2*fewKeys {
		return findRepeatedAmongMany(text, nodes, index)
	}
	var keys [fewKeys][]byte
	count := 0
	for i := uint32(index) + 1; i < object.next; i = nodes[i+1].next {
		key := text[nodes[i].start:nodes[i].end]
		if nodes[i].escaped {
			key, _ = decodeString(text, nodes[i])
		}
		for _, earlier := range keys[:count] {
			if bytes.Equal(earlier, key) {
				return i
			}
		}
		keys[count] = key
		count++
	}
	return 0
}

func findRepeatedAmongMany(text []byte, nodes []node, index int) uint32 {
	seen := make(map[string]struct{}, nodes[index].start/2)
	for i := uint32(index) + 1; i < nodes[index].next; i = nodes[i+1].next {
		key, _ := decodeString(text, nodes[i])
		if _, found := seen[string(key)]; found {
			return i
		}
		seen[string(key)] = struct{}{}
	}
	return 0
}

// decodeString returns a string's text without escapes, and whether it is
// UTF-8. A surrogate without its partner is kept as its three bytes, so that
// different strings stay different.
func decodeString(text []byte, n node) (decoded []byte, valid bool) {
	raw := text[n.start:n.end]
	if !n.escaped {
		return raw, true
	}
	decoded, valid = make([]byte, 0, len(raw)), true
	for len(raw) > 0 {
		if raw[0] != '\\' {
			decoded = append(decoded, raw[0])
			raw = raw[1:]
			continue
		}
		if raw[1] != 'u' {
			decoded = append(decoded, unescape(raw[1]))
			raw = raw[2:]
			continue
		}
		unit, _ := hexUnit(raw)
		raw = raw[6:]
		if !utf16.IsSurrogate(unit) {
			decoded = utf8.AppendRune(decoded, unit)
			continue
		}
		if partner, ok := hexUnit(raw); ok {
			if pair := utf16.DecodeRune(unit, partner); pair != utf8.RuneError {
				decoded = utf8.AppendRune(decoded, pair)
				raw = raw[6:]
				continue
			}
		}
		valid = false
		decoded = append(decoded, 0xE0|byte(unit>>12), 0x80|byte(unit>>6)&0x3F, 0x80|byte(unit)&0x3F)
	}
	return decoded, valid
}

// showKey returns a decoded key as a reason shows it: a surrogate without its
// partner, which has no UTF-8, as U+FFFD.
func showKey(key []byte) string {
	var shown []byte
	for i := 0; i < len(key); {
		r, size := utf8.DecodeRune(key[i:])
		if r == utf8.RuneError && size == 1 {
			size = 3 // decodeString left a surrogate here
		}
		shown = utf8.AppendRune(shown, r)
		i += size
	}
	return string(shown)
}

// unescape returns the character that a backslash and c stand for.
func unescape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	default:
		return c
	}
}

// hexUnit reads the UTF-16 unit that text begins with in the form \uXXXX.
func hexUnit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var unit rune
	for _, c := range text[2:6] {
		digit := hexDigit(c)
		if digit < 0 {
			return 0, false
		}
		unit = unit<<4 | digit
	}
	return unit, true
}

// hexDigit returns the value of a hexadecimal digit, -1 for anything else.
func hexDigit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10
	default:
		return -1
	}
}

// appendString appends text as a JSON string. Only what JSON forbids is
// escaped; all else stays as it is, byte for byte.
func appendString(out []byte, text string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\b':
			out = append(out, '\\', 'b')
		case '\f':
			out = append(out, '\\', 'f')
		case '\n':
			out = append(out, '\\', 'n')
		case '\r':
			out = append(out, '\\', 'r')
		case '\t':
			out = append(out, '\\', 't')
		default:
			if c < ' ' {
				out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			} else {
				out = append(out, c)
			}
		}
	}
	return append(out, '"')
}
