package clearing

import (
	"encoding/hex"
	"math/bits"
)

// ParseProblem reads the text of a problem file. Its errors are of type Refusal.
func ParseProblem(text []byte) (Problem, error) {
	nodes, err := scanJSON(text)
	if err != nil {
		return Problem{}, err
	}
	p := parser{text: text, nodes: nodes}
	if err := p.parseProblem(); err != nil {
		return Problem{}, err
	}
	return p.problem, nil
}

// parser reads nodes that are known to be JSON without repeated keys. Index 0
// is the whole text, so 0 also means that a key is absent.
type parser struct {
	text    []byte
	nodes   []node
	problem Problem
	// steps holds the steps of all bids, so that they are one allocation.
	steps []Step
}

// Keys of a problem, as indices into the slots that findKeys fills.
const (
	keySide = iota
	keyQuantity
	keyReserve
	keyRule
	keyTieSeed
	keyBids
	problemKeyCount
)

var problemKeys = []string{"side", "quantity", "reserve_price", "payment_rule", "tie_seed", "bids"}

// findKeys fills slots with the values of the object at index, by the position
// of their keys in names, and returns the first key that is not in names.
func (p *parser) findKeys(index uint32, names []string, slots []uint32) (unknown string, found bool) {
	for i := index + 1; i < p.nodes[index].next; i = p.nodes[i+1].next {
		key := p.string(i)
		known := false
		for slot, name := range names {
			if string(key) == name {
				slots[slot], known = i+1, true
				break
			}
		}
		if !known && !found {
			unknown, found = showKey(key), true
		}
	}
	return unknown, found
}

// string returns the text of a string node.
func (p *parser) string(i uint32) []byte {
	if !p.nodes[i].escaped {
		return p.text[p.nodes[i].start:p.nodes[i].end]
	}
	decoded, _ := decodeString(p.text, p.nodes[i])
	return decoded
}

// isText tells whether the value at i is the string want.
func (p *parser) isText(i uint32, want string) bool {
	return p.nodes[i].kind == stringNode && string(p.string(i)) == want
}

// indexOf returns the position of the string at i in words, 0 if it is not one
// of them; words[0] is never matched.
func (p *parser) indexOf(i uint32, words []string) int {
	for at := 1; at < len(words); at++ {
		if p.isText(i, words[at]) {
			return at
		}
	}
	return 0
}

// integer reads a JSON integer or a string of decimal digits.
func (p *parser) integer(i uint32) (Uint128, bool) {
	switch p.nodes[i].kind {
	case numberNode, stringNode:
		return parseUint128(p.string(i))
	default:
		return Uint128{}, false
	}
}

// hex reads a string of hexadecimal digits of either case.
func (p *parser) hex(i uint32) ([]byte, bool) {
	if p.nodes[i].kind != stringNode {
		return nil, false
	}
	decoded, err := hex.DecodeString(string(p.string(i)))
	return decoded, err == nil
}

// quantity reads an integer from 1 to 2^64-1.
func (p *parser) quantity(i uint32) (uint64, bool) {
	value, ok := p.integer(i)
	return value.Lo, ok && value.Hi == 0 && value.Lo > 0
}

func (p *parser) parseProblem() error {
	if p.nodes[0].kind != objectNode {
		return Refusal("problem is not an object")
	}
	var at [problemKeyCount]uint32
	if unknown, found := p.findKeys(0, problemKeys, at[:]); found {
		return refuse("unknown key %s", unknown)
	}
	for _, key := range []int{keySide, keyQuantity, keyRule, keyBids} {
		if at[key] != 0 || key == keyQuantity && p.isText(at[keySide], sideNames[Double]) {
			continue
		}
		return refuse("missing key %s", problemKeys[key])
	}
	if err := p.parseTerms(at[:]); err != nil {
		return err
	}
	return p.parseBids(at[keyBids])
}

// parseTerms reads all of a problem but its bids.
func (p *parser) parseTerms(at []uint32) error {
	problem := &p.problem
	problem.Side = Side(p.indexOf(at[keySide], sideNames[:]))
	if err := validateSide(problem.Side); err != nil {
		return err
	}
	problem.Rule = Rule(p.indexOf(at[keyRule], ruleNames[:]))
	if err := validateRule(problem.Rule, problem.Side); err != nil {
		return err
	}
	var ok bool
	if problem.Quantity, ok = p.quantity(at[keyQuantity]); !ok {
		return Refusal("quantity" + quantityRule)
	}
	if i := at[keyReserve]; i != 0 && p.nodes[i].kind != nullNode {
		reserve, ok := p.integer(i)
		if !ok {
			return Refusal("reserve_price" + priceRule)
		}
		problem.Reserve = &reserve
	}
	if i := at[keyTieSeed]; i != 0 {
		if problem.TieSeed, ok = p.hex(i); !ok {
			return Refusal("tie_seed must be hex")
		}
	}
	return validatePair(problem)
}

func (p *parser) parseBids(index uint32) error {
	bids := p.nodes[index]
	if bids.kind != arrayNode {
		return Refusal("bids must be a list")
	}
	p.problem.Bids = make([]Bid, 0, bids.start)
	// A step takes at least three nodes: the pair and its two integers.
	p.steps = make([]Step, 0, (bids.next-index)/3)
	names := make(map[string]struct{}, bids.start)
	for i := index + 1; i < bids.next; i = p.nodes[i].next {
		bid, err := p.parseBid(i, names)
		if err != nil {
			return refuse("bids[%d]%s", len(p.problem.Bids), err)
		}
		p.problem.Bids = append(p.problem.Bids, bid)
	}
	return nil
}

// Keys of a bid, as indices into the slots that findKeys fills.
const (
	keyBidder = iota
	keyKind
	keySteps
	keyOptions
	keyMinimum
	bidKeyCount
)

var (
	bidKeys  = []string{"bidder", "kind", "steps", "options", "minimum"}
	bidKinds = []string{"", "schedule", "choice", "block"}
)

// parseBid reads the bid at index. Its errors lack the bid's place before them.
func (p *parser) parseBid(index uint32, names map[string]struct{}) (Bid, error) {
	if p.nodes[index].kind != objectNode {
		return Bid{}, Refusal(" is not an object")
	}
	var at [bidKeyCount]uint32
	unknown, found := p.findKeys(index, bidKeys, at[:])
	isSchedule := at[keyKind] != 0 && p.isText(at[keyKind], bidKinds[1])
	if isSchedule {
		unknown, found = p.findKeys(index, bidKeys[:keyOptions], at[:])
	}
	if found {
		return Bid{}, refuse(": unknown key %s", unknown)
	}
	for key := keyBidder; key <= keySteps; key++ {
		if at[key] == 0 && (key != keySteps || isSchedule) {
			return Bid{}, refuse(": missing key %s", bidKeys[key])
		}
	}
	name, err := p.parseBidder(at[keyBidder], names)
	if err != nil {
		return Bid{}, err
	}
	switch kind := p.indexOf(at[keyKind], bidKinds); kind {
	case 0:
		return Bid{}, Refusal(": unknown kind")
	case 1:
		steps, err := p.parseSteps(at[keySteps])
		return Bid{Name: name, Steps: steps}, err
	default:
		return Bid{}, refuse(": kind %s is not supported yet", bidKinds[kind])
	}
}

func (p *parser) parseBidder(i uint32, names map[string]struct{}) (string, error) {
	n := p.nodes[i]
	var name string
	if n.kind == stringNode {
		if decoded, valid := decodeString(p.text, n); valid {
			name = string(decoded)
		}
	}
	if name == "" {
		return "", Refusal(": bidder must be a non-empty string")
	}
	if _, taken := names[name]; taken {
		return "", Refusal(": bidder appears twice")
	}
	names[name] = struct{}{}
	return name, nil
}

func (p *parser) parseSteps(index uint32) ([]Step, error) {
	list := p.nodes[index]
	if list.kind != arrayNode || list.start == 0 {
		return nil, Refusal(": steps must be a non-empty list")
	}
	begin := len(p.steps)
	var total, carry, overflow uint64
	for i := index + 1; i < list.next; i = p.nodes[i].next {
		step, problem := p.parseStep(i)
		if problem == "" && len(p.steps) > begin &&
			!isOrdered(p.problem.Side, p.steps[len(p.steps)-1].Price, step.Price) {
			problem = ": " + orderRule(p.problem.Side)
		}
		if problem != "" {
			return nil, refuse(": steps[%d]%s", len(p.steps)-begin, problem)
		}
		total, carry = bits.Add64(total, step.Quantity, 0)
		overflow |= carry
		p.steps = append(p.steps, step)
	}
	if overflow != 0 {
		return nil, Refusal(": " + totalRule)
	}
	return p.steps[begin:len(p.steps):len(p.steps)], nil
}

// parseStep reads one step, or says what is wrong with it.
func (p *parser) parseStep(i uint32) (step Step, problem string) {
	if p.nodes[i].kind != arrayNode || p.nodes[i].start != 2 {
		return step, " must be [quantity, price]"
	}
	first := i + 1
	var ok bool
	if step.Quantity, ok = p.quantity(first); !ok {
		return step, ": quantity" + quantityRule
	}
	if step.Price, ok = p.integer(p.nodes[first].next); !ok {
		return step, ": price" + priceRule
	}
	return step, ""
}
