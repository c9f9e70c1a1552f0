package clearing

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

const oneBid = `{"side":"forward","quantity":1,"payment_rule":"vcg","bids":[{"bidder":"a","kind":"schedule","steps":[[1,5]]}]}`

const oneBidCleared = `{"status":"cleared","welfare":"5","allocation":{"a":"1"},"payment":{"a":"0"},"clearing_price":null,"surplus":"0"}`

func TestTextsThatAreNotJSON(t *testing.T) {
	for _, text := range []string{
		"", " ", "{", "[", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{"a" 1}`, "[1", "[1,]", "[1 2]",
		"nul", "nulL", "tru", "NaN", "Infinity", "-", "01", "1.", ".5", "1e", "1e+", "+1", "1 1", "\ufeff1",
		`"`, "\"\x00\"", "\"\n\"", `"\x"`, `"\u12"`, `"\u12G4"`, `"\`, "\"\xff\"", "\"\xed\xa0\x80\"", "\xff",
		strings.Repeat("[", 65) + strings.Repeat("]", 65),
	} {
		if _, err := ClearJSON([]byte(text)); err == nil || err.Error() != "not valid JSON" {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestTextBeyondItsIndices(t *testing.T) {
	if err := validateSize(math.MaxUint32); err != nil {
		t.Error(err)
	}
	if err := validateSize(math.MaxUint32 + 1); err == nil {
		t.Error("an index would wrap around")
	}
}

func TestRefusals(t *testing.T) {
	cases := []struct{ text, want string }{
		{strings.Repeat("[", 64) + strings.Repeat("]", 64), "problem is not an object"},
		{`"text"`, "problem is not an object"},
		{`{"a":{"b":1,"b":2},"a":1}`, "repeated key b"},
		{`{"b":1,"\u0062":2}`, "repeated key b"},
		{`{"\ud800":1,"\uD800":2}`, "repeated key \ufffd"},
		{`{"\ud800":1,"\ud801":2}`, "unknown key \ufffd"},
		{`{"\ud800x\udc00\ud83d\ude00\ud800":1}`, "unknown key \ufffdx\ufffd\U0001f600\ufffd"},
		{`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1}`, "unknown key a"},
		{`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"c":1}`, "repeated key c"},
		{`{"\"\\\/\b\f\n\r\t":1}`, "unknown key \"\\/\b\f\n\r\t"},
		{`{"side":"double","payment_rule":"vcg"}`, "missing key bids"},
		{`{"side":"dou\u0062le","payment_rule":"vcg"}`, "missing key bids"},
		{`{"side":"forward","payment_rule":"vcg"}`, "missing key quantity"},
		{strings.Replace(oneBid, `"forward"`, "[]", 1), "side must be forward, reverse or double"},
		{strings.Replace(oneBid, `"vcg"`, "{}", 1), "unknown payment_rule"},
		{strings.Replace(oneBid, `"quantity":1`, `"quantity":[1]`, 1), "quantity" + quantityRule},
		{strings.Replace(oneBid, `"quantity":1`, `"quantity":"`+strings.Repeat("9", 39)+`"`, 1), "quantity" + quantityRule},
		{strings.Replace(oneBid, `"quantity":1`, `"quantity":18446744073709551617`, 1), "quantity" + quantityRule},
		{strings.Replace(oneBid, `"quantity":1`, `"quantity":1,"tie_seed":[]`, 1), "tie_seed must be hex"},
		{strings.Replace(oneBid, `"quantity":1`, `"quantity":1,"tie_seed":null`, 1), "tie_seed must be hex"},
		{strings.Replace(oneBid, `"a"`, "{}", 1), "bids[0]: bidder must be a non-empty string"},
		{strings.Replace(oneBid, `"a"`, `"\udc00"`, 1), "bids[0]: bidder must be a non-empty string"},
		{strings.Replace(oneBid, `"schedule"`, "[1,2,3]", 1), "bids[0]: unknown kind"},
	}
	for _, c := range cases {
		_, err := ClearJSON([]byte(c.text))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s\ngot  %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestValuesAreRefusedLikeTexts(t *testing.T) {
	step := Step{Quantity: 1, Price: NewUint128(5)}
	good := Problem{Side: Forward, Quantity: 2, Rule: VCG, Bids: []Bid{{Name: "a", Steps: []Step{step}}}}
	with := func(change func(*Problem)) Problem {
		p := good
		p.Bids = []Bid{{Name: "a", Steps: []Step{step}}}
		change(&p)
		return p
	}
	cases := []struct {
		problem Problem
		want    string
	}{
		{with(func(p *Problem) { p.Side = Double }), "side double is not supported yet"},
		{with(func(p *Problem) { p.Side = 4 }), "side must be forward, reverse or double"},
		{with(func(p *Problem) { p.Rule = 9 }), "unknown payment_rule"},
		{with(func(p *Problem) { p.Rule = Core }), "payment_rule core is not supported yet"},
		{with(func(p *Problem) { p.Rule = McAfee }), "payment_rule mcafee is not for side forward"},
		{with(func(p *Problem) { p.Quantity = 0 }), "quantity" + quantityRule},
		{with(func(p *Problem) { p.Rule = SecondPrice }), "second_price needs quantity 1"},
		{with(func(p *Problem) { p.Side = Reverse }), "payment_rule vcg in a reverse auction needs a reserve_price"},
		{with(func(p *Problem) { p.Bids[0].Name = "" }), "bids[0]: bidder must be a non-empty string"},
		{with(func(p *Problem) { p.Bids[0].Name = "\xff" }), "bids[0]: bidder must be a non-empty string"},
		{with(func(p *Problem) { p.Bids = append(p.Bids, p.Bids[0]) }), "bids[1]: bidder appears twice"},
		{with(func(p *Problem) { p.Bids[0].Steps = nil }), "bids[0]: steps must be a non-empty list"},
		{with(func(p *Problem) { p.Bids[0].Steps[0].Quantity = 0 }), "bids[0]: steps[0]: quantity" + quantityRule},
		{
			with(func(p *Problem) { p.Bids[0].Steps = []Step{step, {1, NewUint128(6)}} }),
			"bids[0]: steps[1]: prices must not increase",
		},
		{
			with(func(p *Problem) { p.Bids[0].Steps = []Step{{math.MaxUint64, NewUint128(6)}, step} }),
			"bids[0]: quantities add up to more than 18446744073709551615",
		},
	}
	for _, c := range cases {
		_, err := Clear(c.problem)
		var refusal Refusal
		if !errors.As(err, &refusal) || string(refusal) != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if _, err := Clear(good); err != nil {
		t.Error(err)
	}
	if got := Side(0).String() + " " + Rule(0).String(); got != "side 0 payment_rule 0" {
		t.Errorf("got %s", got)
	}
}

func TestLinesAreAnsweredInOrder(t *testing.T) {
	refused := `{"refused":"not valid JSON"}`
	cases := []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", nil},
		{"no end of line", oneBid, []string{oneBidCleared}},
		{"an empty line", "\n" + oneBid + "\n", []string{refused, oneBidCleared}},
		{"carriage returns", oneBid + "\r\n" + oneBid + "\r\n", []string{oneBidCleared, oneBidCleared}},
		{"a quoted key", `{"\"\\\u0007\u001f\b\f\n\r\t\u007fä":1}` + "\n", []string{
			`{"refused":"unknown key \"\\\u0007\u001f\b\f\n\r\t` + "\x7fä" + `"}`,
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := ClearLines(strings.NewReader(c.in), &out); err != nil {
				t.Fatal(err)
			}
			want := strings.Join(append(c.want, ""), "\n")
			if out.String() != want {
				t.Errorf("got  %s\nwant %s", out.String(), want)
			}
		})
	}
}

// TestLinesAreAnsweredAtOnce asks and reads in turn, as an interactive peer does.
func TestLinesAreAnsweredAtOnce(t *testing.T) {
	askReader, ask := io.Pipe()
	answers, answer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- ClearLines(askReader, answer)
		answer.Close()
	}()
	lines := bufio.NewScanner(answers)
	for range 3 {
		if _, err := io.WriteString(ask, oneBid+"\n"); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() || lines.Text() != oneBidCleared {
			t.Fatalf("got %s, %v", lines.Text(), lines.Err())
		}
	}
	ask.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// broken fails to read, or to write after a number of bytes.
type broken struct{ left int }

var errBroken = errors.New("broken")

func (b *broken) Read([]byte) (int, error) { return 0, errBroken }

func (b *broken) Write(data []byte) (int, error) {
	if b.left -= len(data); b.left < 0 {
		return 0, errBroken
	}
	return len(data), nil
}

func TestLinesReportBrokenStreams(t *testing.T) {
	many := strings.Repeat(oneBid+"\n", 2_000)
	if err := ClearLines(&broken{}, io.Discard); !errors.Is(err, errBroken) {
		t.Errorf("reading: %v", err)
	}
	for _, left := range []int{0, len(oneBidCleared), 70_000} {
		if err := ClearLines(strings.NewReader(many), &broken{left}); !errors.Is(err, errBroken) {
			t.Errorf("writing %d bytes: %v", left, err)
		}
	}
	if err := ClearLines(iotestOneLine{}, &broken{}); !errors.Is(err, errBroken) {
		t.Errorf("flushing: %v", err)
	}
}

// iotestOneLine gives one line a read, forever.
type iotestOneLine struct{}

func (iotestOneLine) Read(data []byte) (int, error) { return copy(data, oneBid+"\n"), nil }

// depthOf returns how deep valid JSON nests.
func depthOf(text []byte) int {
	decoder := json.NewDecoder(bytes.NewReader(text))
	deepest, depth := 0, 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
			deepest = max(deepest, depth)
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
}

// FuzzScanJSON holds the scanner against the standard library's, which takes
// bytes that are not UTF-8 and any depth.
func FuzzScanJSON(f *testing.F) {
	for _, text := range []string{oneBid, `{"a":[1,-0.5e+3,true,false,null,"\ud83d\ude00"]}`, `[[]]`, `"\u00e4"`, "", "01"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := scanJSON(text)
		want := json.Valid(text) && utf8.Valid(text) && depthOf(text) <= maxDepth
		if got := err == nil || strings.HasPrefix(err.Error(), "repeated key"); got != want {
			t.Errorf("%q: %v, want valid %v", text, err, want)
		}
	})
}

// FuzzClearJSON holds that any text is cleared or refused, and that what is
// cleared is cleared to the same when it is written out again.
func FuzzClearJSON(f *testing.F) {
	f.Add([]byte(oneBid))
	f.Add([]byte(strings.Replace(oneBid, `"forward"`, `"reverse","reserve_price":"7"`, 1)))
	f.Fuzz(func(t *testing.T, text []byte) {
		line, err := ClearJSON(text)
		if err != nil {
			if answer := ClearLine(text); !json.Valid(answer) {
				t.Fatalf("%s is not JSON", answer)
			}
			return
		}
		problem, err := ParseProblem(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ClearJSON(formatProblem(problem))
		if err != nil || !bytes.Equal(again, line) || !json.Valid(line) {
			t.Fatalf("got  %s, %v\nwant %s", again, err, line)
		}
	})
}
