package clearing

import (
	"math"
	"unicode/utf8"
)

// errNotJSON refuses text that is not JSON (RFC 8259, UTF-8, no byte order mark).
const errNotJSON = Refusal("not valid JSON")

// maxDepth is how deep arrays and objects may nest.
const maxDepth = 64

// nodeKind is the kind of a JSON value.
type nodeKind uint8

const (
	nullNode nodeKind = iota
	boolNode
	numberNode
	stringNode
	arrayNode
	objectNode
)

// node is one JSON value. The nodes of a text stand in its order; the children
// of a container follow it, in objects keys and values in turn.
type node struct {
	kind nodeKind
	// escaped: the string has at least one backslash.
	escaped bool
	// start and end bound the value's text (a string's without its quotes); in
	// a container, start is the number of its children.
	start, end uint32
	// next is the index of the first node after this value.
	next uint32
}

// scanner turns a text into nodes.
type scanner struct {
	text  []byte
	pos   int
	nodes []node
	// repeated is the index of the first key found twice in one object.
	repeated uint32
}

// scanJSON checks that text is one JSON value and returns its nodes. The first
// object to close that has a key twice makes it a Refusal, once all of the text
// is known to be JSON.
func scanJSON(text []byte) ([]node, error) {
	if err := validateSize(uint64(len(text))); err != nil {
		return nil, err
	}
	s := scanner{text: text, nodes: make([]node, 0, len(text)/5+8)}
	s.skipBlanks()
	if !s.value(0) {
		return nil, errNotJSON
	}
	s.skipBlanks()
	if s.pos != len(text) {
		return nil, errNotJSON
	}
	if s.repeated != 0 {
		key, _ := decodeString(text, s.nodes[s.repeated])
		return nil, refuse("repeated key %s", showKey(key))
	}
	return s.nodes, nil
}

// validateSize refuses a text whose places do not fit the indices of a node.
func validateSize(size uint64) error {
	if size > math.MaxUint32 {
		return Refusal("problem is larger than 4 GiB")
	}
	return nil
}

func (s *scanner) skipBlanks() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// value scans one value at the current place, inside depth containers.
func (s *scanner) value(depth int) bool {
	if s.pos >= len(s.text) {
		return false
	}
	switch c := s.text[s.pos]; c {
	case '{', '[':
		return depth < maxDepth && s.container(c == '{', depth+1)
	case '"':
		return s.stringValue()
	case 't':
		return s.word("true", boolNode)
	case 'f':
		return s.word("false", boolNode)
	case 'n':
		return s.word("null", nullNode)
	default:
		return s.number()
	}
}

func (s *scanner) word(word string, kind nodeKind) bool {
	end := s.pos + len(word)
	if end > len(s.text) || string(s.text[s.pos:end]) != word {
		return false
	}
	s.add(kind, false, s.pos, end)
	s.pos = end
	return true
}

func (s *scanner) add(kind nodeKind, escaped bool, start, end int) {
	s.nodes = append(s.nodes, node{
		kind: kind, escaped: escaped, start: uint32(start), end: uint32(end), next: uint32(len(s.nodes) + 1),
	})
}

// container scans an array or an object from its opening bracket.
func (s *scanner) container(object bool, depth int) bool {
	kind, closing := arrayNode, byte(']')
	if object {
		kind, closing = objectNode, '}'
	}
	index := len(s.nodes)
	s.add(kind, false, 0, 0)
	s.pos++
	var children uint32
	s.skipBlanks()
	if s.pos < len(s.text) && s.text[s.pos] == closing {
		s.pos++
		return true
	}
	for {
		if object {
			if !s.key() {
				return false
			}
			children++
		}
		s.skipBlanks()
		if !s.value(depth) {
			return false
		}
		children++
		s.skipBlanks()
		if s.pos >= len(s.text) {
			return false
		}
		switch s.text[s.pos] {
		case ',':
			s.pos++
			s.skipBlanks()
		case closing:
			s.pos++
			s.nodes[index].start = children
			s.nodes[index].next = uint32(len(s.nodes))
			if object && s.repeated == 0 {
				s.repeated = findRepeatedKey(s.text, s.nodes, index)
			}
			return true
		default:
			return false
		}
	}
}

// key scans an object's key and the colon after it.
func (s *scanner) key() bool {
	if s.pos >= len(s.text) || s.text[s.pos] != '"' || !s.stringValue() {
		return false
	}
	s.skipBlanks()
	if s.pos >= len(s.text) || s.text[s.pos] != ':' {
		return false
	}
	s.pos++
	return true
}

// stringValue scans a string from its opening quote.
func (s *scanner) stringValue() bool {
	start := s.pos + 1
	escaped := false
	for i := start; i < len(s.text); {
		switch c := s.text[i]; {
		case c == '"':
			s.add(stringNode, escaped, start, i)
			s.pos = i + 1
			return true
		case c < ' ':
			return false
		case c == '\\':
			escaped = true
			length := escapeLength(s.text[i:])
			if length == 0 {
				return false
			}
			i += length
		case c < utf8.RuneSelf:
			i++
		default:
			r, size := utf8.DecodeRune(s.text[i:])
			if r == utf8.RuneError && size == 1 {
				return false
			}
			i += size
		}
	}
	return false
}

// escapeLength returns the length of the escape that text begins with, 0 if it
// is none.
func escapeLength(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hexUnit(text); ok {
			return 6
		}
	}
	return 0
}

// number scans a JSON number.
func (s *scanner) number() bool {
	start := s.pos
	s.accept('-')
	if !s.accept('0') && s.digits() == 0 {
		return false
	}
	if s.accept('.') && s.digits() == 0 {
		return false
	}
	if s.accept('e') || s.accept('E') {
		_ = s.accept('+') || s.accept('-')
		if s.digits() == 0 {
			return false
		}
	}
	s.add(numberNode, false, start, s.pos)
	return true
}

func (s *scanner) accept(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

// digits skips decimal digits and returns how many there were.
func (s *scanner) digits() int {
	start := s.pos
	for s.pos < len(s.text) && '0' <= s.text[s.pos] && s.text[s.pos] <= '9' {
		s.pos++
	}
	return s.pos - start
}
